# A file that was examined is judged by its content, the others by the ending of their names.
package weighbridge.format_allowed

import rego.v1

objections contains objection(entry, sprintf("format `%s` is", [entry.format])) if {
	some entry in input.facts.formats
	entry.examined
	not data.weighbridge.words.listed(entry.format, input.parameters.formats)
}

objections contains objection(entry, sprintf("file names that end in `%s` are", [entry.format])) if {
	some entry in input.facts.formats
	not entry.examined
	not data.weighbridge.words.listed(entry.format, input.parameters.suffixes)
}

objection(entry, subject) := {
	"effect": "deny",
	"message": sprintf("%s not allowed in `%s`: %s%s", [
		subject,
		input.facts.environment,
		data.weighbridge.words.counted(entry.files, "file"),
		data.weighbridge.words.such_as(entry.example),
	]),
	"remedy": "choose a revision in allowed formats, or ask a security-reviewer to allow this one",
	"contact": "security-reviewer",
}
