package weighbridge.publisher_allowed

import rego.v1

objections contains {
	"effect": "deny",
	"message": sprintf("publisher `%s` is not on the allow list of `%s`", [publisher, input.facts.environment]),
	"remedy": "choose a publisher on the list, or ask a security-reviewer to add this one",
	"contact": "security-reviewer",
} if {
	publisher := input.facts.artifact.publisher
	publisher != null
	not data.weighbridge.words.listed(publisher, input.parameters.publishers)
}

# A name without a publisher has nobody who could be on the list.
objections contains {
	"effect": "deny",
	"message": sprintf("`%s` has no publisher, and `%s` takes listed publishers only", [
		input.facts.artifact.name,
		input.facts.environment,
	]),
	"remedy": "choose an artifact of a publisher on the list",
	"contact": "security-reviewer",
} if input.facts.artifact.publisher == null
