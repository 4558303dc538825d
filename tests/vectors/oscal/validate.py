#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""validate.py FOLDER: exit code 0 if the folder's seven OSCAL files are valid and their references hold; 3 if it cannot say."""
import json
import pathlib
import sys
import warnings

warnings.simplefilter("ignore")
try:
    import jsonschema
except ImportError:
    sys.exit(3)

MODELS = {"catalog": "catalog", "profile": "profile", "component-definition": "component", "ssp": "ssp",
          "assessment-plan": "assessment-plan", "assessment-results": "assessment-results", "mapping": "mapping"}
here = pathlib.Path(__file__).parent
folder = pathlib.Path(sys.argv[1])
problems = []


def for_python(node):
    """The schemas' patterns use \\p{L} and \\p{N}, which Python's re does not know."""
    if isinstance(node, dict):
        return {key: value.replace("\\p{L}", "[^\\W\\d_]").replace("\\p{N}", "\\d")
                if key == "pattern" and isinstance(value, str) else for_python(value) for key, value in node.items()}
    return [for_python(item) for item in node] if isinstance(node, list) else node


def walk(node, path=()):
    yield path, node
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from walk(value, path + (key,))


documents = {}
for model, schema_name in MODELS.items():
    document = documents[model] = json.loads((folder / f"{model}.json").read_text(encoding="utf-8"))
    schema = for_python(json.loads((here / f"oscal_{schema_name}_schema.json").read_text(encoding="utf-8")))
    for error in jsonschema.Draft7Validator(schema).iter_errors(document):
        problems.append(f"{model}: {'/'.join(map(str, error.path))}: {error.message[:200]}")

# What the schemas do not say.
controls = [node["id"] for path, node in walk(documents["catalog"]) if path and len(path) > 1 and path[-2] == "controls"]
parts = {node["id"] for path, node in walk(documents["catalog"]) if isinstance(node, dict) and "name" in node and "id" in node}
if len(set(controls)) != len(controls):
    problems.append("catalog: two controls of one id")
for model, document in documents.items():
    defined = {}
    for path, node in walk(document):
        if not isinstance(node, dict):
            continue
        uuid = node.get("uuid")
        if uuid and defined.setdefault(uuid, path) != path:
            problems.append(f"{model}: {uuid} is there twice")
        for member in ("control-id", "id-ref"):
            if member in node and node[member] not in controls:
                problems.append(f"{model}: no control {node[member]}")
        for member in node.get("with-ids", []):
            if member not in controls:
                problems.append(f"{model}: no control {member}")
        if node.get("type") == "objective-id" and node["target-id"] not in parts:
            problems.append(f"{model}: no objective {node['target-id']}")
        href = node.get("href", "")
        if href.endswith(".json") and not (folder / href).exists():
            problems.append(f"{model}: no file {href}")
    for path, node in walk(document):
        for member in ("observation-uuid", "actor-uuid"):
            if isinstance(node, dict) and member in node and node[member] not in defined:
                problems.append(f"{model}: {member} {node[member]} is nowhere")
        if isinstance(node, dict) and node.get("href", "").startswith("#") and node["href"][1:] not in defined:
            problems.append(f"{model}: {node['href']} is nowhere")

for problem in problems[:20]:
    print(problem, file=sys.stderr)
sys.exit(1 if problems else 0)
