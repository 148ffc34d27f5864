# Approvals count once a person, and only in a role that may approve.
package weighbridge.approval_required

import rego.v1

approvers := {approval.by |
	some approval in input.facts.approvals
	data.weighbridge.words.listed(approval.role, input.parameters.roles)
}

# What had been approved and is not any more says so: nobody is to look for a fault.
ended := sprintf("; what approved it ended on %s at %s UTC", [
	substring(input.facts.approval_ended_at, 0, 10),
	substring(input.facts.approval_ended_at, 11, 5),
]) if {
	input.facts.approval_ended_at
} else := ""

objections contains {
	"effect": "hold",
	"message": sprintf("`%s` is not approved for `%s`: it has %d of %s%s", [
		input.facts.artifact.name,
		input.facts.environment,
		count(approvers),
		data.weighbridge.words.counted(input.parameters.approvals, "approval"),
		ended,
	]),
	"remedy": sprintf("ask for an approval: `weighbridge request REF --for %s`", [
		input.facts.environment,
	]),
	"contact": "approver",
} if {
	input.facts.source.tier > input.parameters.exempt_tier
	count(approvers) < input.parameters.approvals
}
