# Every declared licence has to be on the list. That there is none is the business of licence-unknown.
package weighbridge.licence_allowed

import rego.v1

objections contains {
	"effect": "deny",
	"message": sprintf("licence `%s` is not on the allow list of `%s`", [licence, input.facts.environment]),
	"remedy": "choose an artifact under a listed licence, or ask a compliance-reviewer to add this one",
	"contact": "compliance-reviewer",
} if {
	some licence in input.facts.revision.licences
	not data.weighbridge.words.listed(licence, input.parameters.licences)
}
