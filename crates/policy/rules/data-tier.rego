# What the revision is approved for: sensitive data needs a source that is trusted more.
package weighbridge.data_tier

import rego.v1

objections contains {
	"effect": "hold",
	"message": sprintf("request `%s` uses it with %s data, and its source `%s` has tier %d", [
		use.request,
		use.data,
		input.facts.source.name,
		input.facts.source.tier,
	]),
	"remedy": sprintf("use it with less sensitive data, or have the source reviewed for tier %d", [
		input.parameters.max_tier,
	]),
	"contact": "compliance-reviewer",
} if {
	some use in input.facts.uses
	data.weighbridge.words.listed(use.data, input.parameters.classes)
	input.facts.source.tier > input.parameters.max_tier
}
