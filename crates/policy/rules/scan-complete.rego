# Files that nobody counted as examined or as unknown are missing, whatever the pending count says.
package weighbridge.scan_complete

import rego.v1

missing := input.facts.revision.file_count - (input.facts.scan.examined + input.facts.scan.unknown)

objections contains {
	"effect": "hold",
	"message": sprintf("%d of %s not been examined yet", [max([missing, input.facts.scan.pending]), have]),
	"remedy": "wait until the whole revision has been fetched and examined",
	"contact": "admin",
} if max([missing, input.facts.scan.pending]) > 0

have := "1 file has" if {
	input.facts.revision.file_count == 1
} else := sprintf("%d files have", [input.facts.revision.file_count])
