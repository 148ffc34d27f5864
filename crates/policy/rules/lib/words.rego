# Functions that several rules use.
package weighbridge.words

import rego.v1

# Whether a word is in a list whose entries may contain `*`. The list is in lower case.
listed(word, list) if lower(word) in list

listed(word, list) if {
	some entry in list
	contains(entry, "*")
	glob.match(entry, [], lower(word))
}
