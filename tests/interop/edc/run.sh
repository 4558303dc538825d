#!/usr/bin/env bash
# Trades with a real Eclipse EDC connector, each side as provider and as consumer: run.sh WEIR_BINARY
# Exit codes: 0 all of it came true, 1 something did not, 77 EDC could not be had (no Java, no Maven, no package registry).
# With WEIR_TEST_KEEP=1 the nodes' folders stay.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
weir=$(realpath "$1")
skip() { echo "SKIPPED: $1" >&2; exit 77; }
command -v keytool >/dev/null && command -v mvn >/dev/null || skip "Java or Maven is not installed (tools/setup.sh installs them)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Offline first: a second run asks nobody.
build() { mvn -q -B "$@" -f "$here/pom.xml" -DbuildDirectory="$work/kit" package >"$work/maven.log" 2>&1; }
build -o || build || { tail -3 "$work/maven.log" >&2; skip "EDC's artifacts could not be fetched"; }
python3 -B "$here/exchange.py" "$weir" "$work/kit"
