package weighbridge.source_prohibited

import rego.v1

objections contains {
	"effect": "deny",
	"message": sprintf("`%s` is prohibited: %s", [input.facts.artifact.name, because]),
	"remedy": "choose an artifact of another source, or ask an admin to change the tier",
	"contact": "admin",
} if input.facts.source.tier == 3

because := sprintf("its source `%s` has tier 3", [input.facts.source.name]) if {
	input.facts.source.tier_because == "source"
} else := sprintf("pattern `%s` of source `%s` has tier 3", [
	input.facts.source.tier_because,
	input.facts.source.name,
])
