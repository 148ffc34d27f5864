package weighbridge.licence_unknown

import rego.v1

remedy := "choose an artifact with a licence, or ask a compliance-reviewer to find out its terms"

objections contains {
	"effect": "hold",
	"message": sprintf("`%s` declares no licence", [input.facts.artifact.name]),
	"remedy": remedy,
	"contact": "compliance-reviewer",
} if undeclared

objections contains {
	"effect": "hold",
	"message": sprintf("`%s` declares the licence `%s`, which does not say its terms", [
		input.facts.artifact.name,
		licence,
	]),
	"remedy": remedy,
	"contact": "compliance-reviewer",
} if {
	some licence in input.facts.revision.licences
	data.weighbridge.words.listed(licence, input.parameters.vague)
}

undeclared if count(input.facts.revision.licences) == 0

undeclared if input.facts.revision.licence_grade == "missing"
