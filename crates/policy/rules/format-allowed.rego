package weighbridge.format_allowed

import rego.v1

objections contains {
	"effect": "deny",
	"message": sprintf("format `%s` is not allowed in `%s`: %s%s", [
		entry.format,
		input.facts.environment,
		data.weighbridge.words.counted(entry.files, "file"),
		data.weighbridge.words.such_as(entry.example),
	]),
	"remedy": "choose a revision in allowed formats, or ask a security-reviewer to allow this one",
	"contact": "security-reviewer",
} if {
	some entry in input.facts.formats
	not data.weighbridge.words.listed(entry.format, input.parameters.formats)
}
