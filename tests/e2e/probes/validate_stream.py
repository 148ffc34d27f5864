"""Validates lines of the audit stream against the published schema. stdin: {"schema", "lines"}."""

import hashlib
import json
import sys

from jsonschema import Draft202012Validator

given = json.load(sys.stdin)
Draft202012Validator.check_schema(given["schema"])
validator = Draft202012Validator(given["schema"])
faults = []
for line in given["lines"]:
    entry = json.loads(line)
    faults += [f"{entry['position']} {entry['kind']}: {error.message}" for error in validator.iter_errors(entry)]
    if entry["body"] is not None:
        # The body stands in the line as it was hashed.
        body = line[line.index('"body":') + len('"body":') : -1]
        if hashlib.sha256(body.encode()).hexdigest() != entry["body_sha256"]:
            faults.append(f"{entry['position']}: its body is another one")
    text = json.dumps({name: entry[name] for name in ("at", "kind", "body_sha256")}, separators=(",", ":"))
    if hashlib.sha256(b"\0" + text.encode()).hexdigest() != entry["leaf"]:
        faults.append(f"{entry['position']}: its leaf is another one")
print(json.dumps(faults))
