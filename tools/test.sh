#!/usr/bin/env bash
# Builds with the address and undefined-behaviour sanitizers, runs every test, then the demonstration with those programs.
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset dev >/dev/null
cmake --build --preset dev
ctest --preset dev -j "$(nproc)"
echo "The demonstration, with sanitizers:"
log=$(mktemp)
DEMO_BIN="$PWD/build/dev" examples/demo/run.sh >"$log" 2>&1 || { cat "$log"; exit 1; }
tail -n 1 "$log"
rm -f "$log"
