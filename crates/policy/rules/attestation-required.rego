# A statement counts when one of the listed keys signed it; without a list, any trusted key will do.
package weighbridge.attestation_required

import rego.v1

counts(attestation) if count(input.parameters.keys) == 0

counts(attestation) if data.weighbridge.words.listed(attestation.key, input.parameters.keys)

attested contains lower(attestation.predicate_type) if {
	some attestation in object.get(input.facts, "attestations", [])
	counts(attestation)
}

whose := "a trusted key" if count(input.parameters.keys) == 0

whose := sprintf("the key `%s`", [concat("` or `", input.parameters.keys)]) if {
	count(input.parameters.keys) > 0
}

objections contains {
	"effect": "hold",
	"message": sprintf("`%s` has no attestation of type `%s` signed by %s", [
		input.facts.artifact.name,
		predicate,
		whose,
	]),
	"remedy": "give it: `weighbridge attestation import REF FILE`",
	"contact": "security-reviewer",
} if {
	some predicate in input.parameters.predicates
	not lower(predicate) in attested
}
