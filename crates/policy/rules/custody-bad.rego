package weighbridge.custody_bad

import rego.v1

objections contains {
	"effect": "deny",
	"message": sprintf("%s of it %s rejected%s", [
		data.weighbridge.words.counted(input.facts.custody.rejected, "file"),
		be(input.facts.custody.rejected),
		data.weighbridge.words.such_as(input.facts.custody.example),
	]),
	"remedy": "choose another revision: what was rejected stays rejected",
	"contact": "security-reviewer",
} if input.facts.custody.rejected > 0

objections contains {
	"effect": "deny",
	"message": sprintf("%s of it %s recalled%s%s%s", [
		data.weighbridge.words.counted(input.facts.custody.recalled, "file"),
		be(input.facts.custody.recalled),
		by_whom,
		data.weighbridge.words.such_as(input.facts.custody.example),
		why,
	]),
	"remedy": "stop using this revision and choose another: what was recalled stays recalled",
	"contact": "security-reviewer",
} if input.facts.custody.recalled > 0

by_whom := sprintf(" by %s", [input.facts.custody.recalled_by]) if {
	input.facts.custody.recalled_by
} else := ""

why := sprintf(": %s", [input.facts.custody.recalled_because]) if {
	input.facts.custody.recalled_because
} else := ""

be(1) := "was"

be(number) := "were" if number != 1
