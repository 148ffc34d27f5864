package weighbridge.revision_too_large

import rego.v1

objections contains {
	"effect": "deny",
	"message": sprintf("the revision has %s in %s, and `%s` takes at most %s", [
		data.weighbridge.words.size(input.facts.revision.total_bytes),
		data.weighbridge.words.counted(input.facts.revision.file_count, "file"),
		input.facts.environment,
		data.weighbridge.words.size(input.parameters.max_bytes),
	]),
	"remedy": "choose a smaller revision, or ask an admin to raise the limit",
	"contact": "admin",
} if {
	input.parameters.max_bytes > 0
	input.facts.revision.total_bytes > input.parameters.max_bytes
}
