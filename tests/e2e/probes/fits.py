"""Holds JSON on stdin against a JSON schema: `fits.py SCHEMA`."""

import json
import pathlib
import sys

from jsonschema import Draft202012Validator

schema = json.loads(pathlib.Path(sys.argv[1]).read_text())
Draft202012Validator.check_schema(schema)
Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(json.load(sys.stdin))
print(json.dumps({"fits": schema["$id"]}))
