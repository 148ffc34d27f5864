package weighbridge.scan_unknown

import rego.v1

objections contains {
	"effect": "hold",
	"message": sprintf("%s could not be examined whole%s", [
		data.weighbridge.words.counted(input.facts.scan.unknown, "file"),
		example,
	]),
	"remedy": "choose another revision, or ask a security-reviewer to examine it",
	"contact": "security-reviewer",
} if input.facts.scan.unknown > 0

example := "" if {
	input.facts.scan.example_unknown == null
} else := sprintf(", such as `%s`: %s", [
	input.facts.scan.example_unknown.path,
	input.facts.scan.example_unknown.why,
])
