package weighbridge.publisher_denied

import rego.v1

objections contains {
	"effect": "deny",
	"message": sprintf("publisher `%s` is on the deny list of `%s`", [publisher, input.facts.environment]),
	"remedy": "choose another publisher, or ask a security-reviewer to take it off the list",
	"contact": "security-reviewer",
} if {
	publisher := input.facts.artifact.publisher
	publisher != null
	data.weighbridge.words.listed(publisher, input.parameters.publishers)
}
