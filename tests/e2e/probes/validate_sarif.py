"""Validates a SARIF log from stdin against the official schema."""

import json
import pathlib
import sys

from jsonschema import Draft4Validator

schema = json.loads((pathlib.Path(__file__).parent / "sarif-schema-2.1.0.json").read_text())
print(json.dumps([error.message for error in Draft4Validator(schema).iter_errors(json.load(sys.stdin))]))
