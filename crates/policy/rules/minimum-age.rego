package weighbridge.minimum_age

import rego.v1

objections contains {
	"effect": "hold",
	"message": sprintf("the revision is %s old, and `%s` waits until it is %s old", [
		data.weighbridge.words.counted(age, "hour"),
		input.facts.environment,
		data.weighbridge.words.counted(input.parameters.hours, "hour"),
	]),
	"remedy": sprintf("wait %s, or choose an older revision", [data.weighbridge.words.counted(input.parameters.hours - age, "hour")]),
	"contact": "security-reviewer",
} if {
	age := input.facts.revision.age_hours
	age != null
	age < input.parameters.hours
}

objections contains {
	"effect": "hold",
	"message": sprintf("nobody says when the revision was made, and `%s` waits until it is %s old", [
		input.facts.environment,
		data.weighbridge.words.counted(input.parameters.hours, "hour"),
	]),
	"remedy": "choose a revision whose date is known, or ask a security-reviewer",
	"contact": "security-reviewer",
} if {
	input.facts.revision.age_hours == null
	input.parameters.hours > 0
}
