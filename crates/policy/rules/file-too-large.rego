package weighbridge.file_too_large

import rego.v1

objections contains {
	"effect": "deny",
	"message": sprintf("its largest file has %s, and `%s` takes at most %s%s", [
		data.weighbridge.words.size(input.facts.revision.largest_file_bytes),
		input.facts.environment,
		data.weighbridge.words.size(input.parameters.max_bytes),
		file,
	]),
	"remedy": "choose a revision in smaller files, or ask an admin to raise the limit",
	"contact": "admin",
} if {
	input.parameters.max_bytes > 0
	input.facts.revision.largest_file_bytes > input.parameters.max_bytes
}

file := "" if {
	input.facts.revision.largest_file == null
} else := sprintf(": `%s`", [input.facts.revision.largest_file])
