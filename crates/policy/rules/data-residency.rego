# Where the environment keeps data, and where the data of a use has to stay.
package weighbridge.data_residency

import rego.v1

remedy := "use it in an environment that keeps its data there, or ask a compliance-reviewer"

objections contains {
	"effect": "hold",
	"message": sprintf("request `%s` uses it with %s data, and nobody said where that has to stay", [
		use.request,
		use.data,
	]),
	"remedy": "ask again, and say so: `weighbridge request REF --residency eu`",
	"contact": "compliance-reviewer",
} if {
	some use in sensitive
	use.residency == null
}

objections contains {
	"effect": "hold",
	"message": sprintf("the %s data of request `%s` has to stay in `%s`, where `%s` does not keep it", [
		use.data,
		use.request,
		use.residency,
		input.facts.environment,
	]),
	"remedy": remedy,
	"contact": "compliance-reviewer",
} if {
	some use in sensitive
	use.residency != null
	not data.weighbridge.words.listed(use.residency, input.parameters.regions)
}

sensitive := [use |
	some use in input.facts.uses
	data.weighbridge.words.listed(use.data, input.parameters.classes)
]
