# What several rules use: lists with patterns, and numbers as people say them.
package weighbridge.words

import rego.v1

# Whether a word is in a list. The list is in lower case, and its entries may contain `*`.
listed(word, list) if {
	lower(word) in list
} else if {
	some entry in list
	contains(entry, "*")
	glob.match(entry, null, lower(word))
}

size(bytes) := sprintf("%.1f TB", [bytes / 1000000000000]) if {
	bytes >= 1000000000000
} else := sprintf("%.1f GB", [bytes / 1000000000]) if {
	bytes >= 1000000000
} else := sprintf("%.1f MB", [bytes / 1000000]) if {
	bytes >= 1000000
} else := counted(bytes, "byte")

counted(1, noun) := sprintf("1 %s", [noun])

counted(number, noun) := sprintf("%d %ss", [number, noun]) if number != 1

# An example behind a number, when there is one.
such_as(null) := ""

such_as(example) := sprintf(", such as `%s`", [example]) if example != null
