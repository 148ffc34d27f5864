# A file of the revision was judged dangerous before, whoever asks now.
package weighbridge.custody_bad

import rego.v1

objections contains {
	"effect": "deny",
	"message": sprintf("%d of its files were rejected, such as `%s`", [input.facts.custody.rejected, input.facts.custody.example]),
	"remedy": "choose another revision: what was rejected stays rejected",
	"contact": "security-reviewer",
} if input.facts.custody.rejected > 0
