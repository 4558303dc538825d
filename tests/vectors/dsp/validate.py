#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks messages against the schemas of the Dataspace Protocol.

Usage: validate.py SCHEMA_FOLDER FILE    FILE holds {"messages": [{"schema": "negotiation/x-schema.json", "body": {...}}]}.
Exit codes: 0 all valid, 1 some are not, 3 the jsonschema package is not there.
"""
import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    print("python3 has no jsonschema package")
    sys.exit(3)


def main() -> int:
    folder = pathlib.Path(sys.argv[1])
    schemas = {}
    for path in sorted(folder.glob("*/*-schema.json")):
        schema = json.loads(text_of(path))
        schemas[schema["$id"]] = schema
        schemas[str(path.relative_to(folder))] = schema
    bad = 0
    for entry in json.loads(pathlib.Path(sys.argv[2]).read_text())["messages"]:
        validator = make_validator(schemas[entry["schema"]], schemas)
        for error in validator.iter_errors(entry["body"]):
            bad += 1
            print(f"{entry['schema']}: {error.json_path}: {error.message}")
    return 1 if bad else 0


def text_of(path):
    """A published schema; some of its references lack the slash that a JSON pointer begins with."""
    return path.read_text().replace('#definitions/', '#/definitions/')


def make_validator(schema, schemas):
    try:
        from referencing import Registry, Resource
    except ImportError:  # jsonschema before 4.18
        resolver = jsonschema.RefResolver.from_schema(schema, store=schemas)
        return jsonschema.Draft201909Validator(schema, resolver=resolver)
    resources = [(name, Resource.from_contents(body)) for name, body in schemas.items()]
    return jsonschema.Draft201909Validator(schema, registry=Registry().with_resources(resources))


if __name__ == "__main__":
    sys.exit(main())
