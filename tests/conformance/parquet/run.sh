#!/usr/bin/env bash
# Holds Parquet in and out against Apache Arrow: run.sh WEIR_BINARY TABLE_TOOL
# Exit codes: 0 all passed, 1 some failed, 77 the tools could not be had.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

skip() { echo "SKIPPED: $1" >&2; tail -3 "$work/log" >&2; exit 77; }
python3 -m venv "$work/tools" >"$work/log" 2>&1 || skip "python3 has no venv (tools/setup.sh installs it)"
"$work/tools/bin/pip" install -q --disable-pip-version-check -r "$here/requirements.txt" >"$work/log" 2>&1 ||
  skip "the tools could not be fetched"
WEIR_TEST_WEIR=$(realpath "$1") WEIR_TEST_TABLE_TOOL=$(realpath "$2") "$work/tools/bin/python" -B "$here/parquet_test.py"
