package weighbridge.licence_denied

import rego.v1

objections contains {
	"effect": "deny",
	"message": sprintf("licence `%s` is on the deny list of `%s`", [licence, input.facts.environment]),
	"remedy": "choose an artifact under another licence, or ask a compliance-reviewer about this use",
	"contact": "compliance-reviewer",
} if {
	some licence in input.facts.revision.licences
	data.weighbridge.words.listed(licence, input.parameters.licences)
}
