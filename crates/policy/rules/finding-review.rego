package weighbridge.finding_review

import rego.v1

remedy := "choose another revision, or ask a security-reviewer to look at it"

objections contains {
	"effect": "hold",
	"message": sprintf("`%s`: %s (%s)", [finding.path, finding.message, finding.rule]),
	"remedy": remedy,
	"contact": "security-reviewer",
} if {
	some finding in input.facts.findings
	finding.severity == "review"
}

# The count rules: a list that was cut short cannot hide what it counts.
objections contains {
	"effect": "hold",
	"message": sprintf("the scanner has %s", [data.weighbridge.words.counted(input.facts.finding_counts.review, "finding for review")]),
	"remedy": remedy,
	"contact": "security-reviewer",
} if {
	input.facts.finding_counts.review > 0
	not listed
}

listed if {
	some finding in input.facts.findings
	finding.severity == "review"
}
