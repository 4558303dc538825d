#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""validate.py SCHEMA FILE: exit code 0 if FILE is valid against SCHEMA-schema.json of this folder."""
import json
import pathlib
import sys
import warnings

warnings.simplefilter("ignore")
import jsonschema  # noqa: E402

folder = pathlib.Path(__file__).parent
schemas = {}
for path in folder.glob("*-schema.json"):
    schema = json.loads(path.read_text())
    schemas[schema["$id"]] = schema
schema = json.loads((folder / f"{sys.argv[1]}-schema.json").read_text())
resolver = jsonschema.RefResolver(schema["$id"], schema, store=schemas)
validator = jsonschema.Draft201909Validator(schema, resolver=resolver)
errors = list(validator.iter_errors(json.loads(pathlib.Path(sys.argv[2]).read_text())))
for error in errors:
    print(f"{sys.argv[2]}: {'/'.join(map(str, error.path))}: {error.message}", file=sys.stderr)
sys.exit(1 if errors else 0)
