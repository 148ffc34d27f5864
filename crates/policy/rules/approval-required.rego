# Approvals count once a person, and only in a role that may approve.
package weighbridge.approval_required

import rego.v1

approvers := {approval.by |
	some approval in input.facts.approvals
	data.weighbridge.words.listed(approval.role, input.parameters.roles)
}

objections contains {
	"effect": "hold",
	"message": sprintf("`%s` is not approved for `%s`: it has %d of %s", [
		input.facts.artifact.name,
		input.facts.environment,
		count(approvers),
		data.weighbridge.words.counted(input.parameters.approvals, "approval"),
	]),
	"remedy": sprintf("ask for an approval: `weighbridge request REF --for %s`", [
		input.facts.environment,
	]),
	"contact": "approver",
} if {
	input.facts.source.tier > input.parameters.exempt_tier
	count(approvers) < input.parameters.approvals
}
