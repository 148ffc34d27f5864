package weighbridge.finding_dangerous

import rego.v1

remedy := "choose another revision, or one in a format that cannot act, such as `safetensors`"

objections contains {
	"effect": "deny",
	"message": sprintf("`%s`: %s (%s)", [finding.path, finding.message, finding.rule]),
	"remedy": remedy,
	"contact": "security-reviewer",
} if {
	some finding in input.facts.findings
	finding.severity == "dangerous"
}

# The count rules: a list that was cut short cannot hide what it counts.
objections contains {
	"effect": "deny",
	"message": sprintf("the scanner has %s", [data.weighbridge.words.counted(input.facts.finding_counts.dangerous, "dangerous finding")]),
	"remedy": remedy,
	"contact": "security-reviewer",
} if {
	input.facts.finding_counts.dangerous > 0
	not listed
}

listed if {
	some finding in input.facts.findings
	finding.severity == "dangerous"
}
