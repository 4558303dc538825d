#!/usr/bin/env bash
# Runs the official Dataspace Protocol test kit against a node of its own: run.sh WEIR_BINARY [TEST_NAME…]
#   TEST_NAME is the beginning of a scenario's name: "CN:01", "TP_C". All of them run if none is given.
# Exit codes: 0 all passed, 1 some failed, 77 the kit could not be had (no Java, no Maven, or no package registry).
# With WEIR_TEST_KEEP=FOLDER the node's folder and the kit's log stay there.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
weir=$(realpath "$1")
shift

skip() { echo "SKIPPED: $1" >&2; exit 77; }
command -v java >/dev/null || skip "java is not installed (tools/setup.sh installs it)"
command -v mvn >/dev/null || skip "mvn is not installed (tools/setup.sh installs it)"

work=${WEIR_TEST_KEEP:-$(mktemp -d)}
mkdir -p "$work"
node=""
cleanup() {
  [ -n "$node" ] && kill "$node" 2>/dev/null && wait "$node" 2>/dev/null || true
  [ -n "${WEIR_TEST_KEEP:-}" ] || rm -rf "$work"
}
trap cleanup EXIT

# The kit, from its published artifacts. Offline first: a second run asks nobody.
target="$work/kit"
build() { mvn -q -B "$@" -f "$here/pom.xml" -DbuildDirectory="$target" package >"$work/maven.log" 2>&1; }
build -o || build || { tail -3 "$work/maven.log" >&2; skip "the kit's artifacts could not be fetched"; }

port=$(python3 "$here/../../support/ports.py")
"$weir" init --role regional --name "Test kit" --uscc 12110000MB0000019M --region 1100 --listen "127.0.0.1:$port" \
  --data "$work/data" >/dev/null
"$weir" serve --profile tck --data "$work/data" >"$work/node.log" 2>&1 &
node=$!
for _ in $(seq 1 300); do
  [ -f "$work/data/tck.properties" ] && curl -sf "http://127.0.0.1:$port/health" >/dev/null 2>&1 && break
  kill -0 "$node" 2>/dev/null || { cat "$work/node.log" >&2; exit 1; }
  sleep 0.1
done

callback=$(python3 "$here/../../support/ports.py")
cp "$work/data/tck.properties" "$work/kit.properties"
printf 'dataspacetck.port=%s\ndataspacetck.callback.address=http://localhost:%s\n' "$callback" "$callback" >>"$work/kit.properties"
status=0
java -XX:TieredStopAtLevel=1 -cp "$target/dsp-kit-1.jar:$target/lib/*" RunKit "$work/kit.properties" "$@" \
  >"$work/kit.log" 2>&1 || status=1
grep -E '^(FAILED|       |kit:)' "$work/kit.log" || { tail -20 "$work/kit.log" >&2; status=1; }
exit "$status"
