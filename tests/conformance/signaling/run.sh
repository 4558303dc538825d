#!/usr/bin/env bash
# Runs the official test kit of Data Plane Signaling against a node of its own: run.sh WEIR_BINARY SOURCES
#   SOURCES is a folder with checkouts of dps-tck, tck-common, dcp-tck and dataplane-signaling, which the kit is built from:
#   it is not published as an artifact. Exit codes: 0 all passed, 1 some failed, 77 the kit could not be built.
# With WEIR_TEST_KEEP=FOLDER the node's folder and the kit's logs stay there.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
weir=$(realpath "$1")
sources=$(realpath "$2")

skip() { echo "SKIPPED: $1" >&2; exit 77; }
command -v javac >/dev/null || skip "javac is not installed"
command -v mvn >/dev/null || skip "mvn is not installed"

work=${WEIR_TEST_KEEP:-$(mktemp -d)}
mkdir -p "$work/kit/schema/dsp" "$work/classes"
node="" front=""
cleanup() {
  for one in $node $front; do kill "$one" 2>/dev/null && wait "$one" 2>/dev/null || true; done
  [ -n "${WEIR_TEST_KEEP:-}" ] || rm -rf "$work"
}
trap cleanup EXIT

libraries() { mvn -q -B "$@" -f "$here/pom.xml" -DoutputDirectory="$work/lib" dependency:copy-dependencies >"$work/maven.log" 2>&1; }
libraries -o || libraries || { tail -3 "$work/maven.log" >&2; skip "what the kit uses could not be fetched"; }
common="$sources/tck-common"
find "$common/api/core-api/src/main" "$common/boot/src/main" "$common/core/src/main" "$common/runtimes/tck-runtime/src/main" \
  "$sources/dps-tck/dps-tck/src/main" -name '*.java' >"$work/files"
javac -proc:none -nowarn -d "$work/classes" -cp "$work/lib/*" \
  -sourcepath "$sources/dcp-tck/dcp-system/src/main/java:$sources/dcp-tck/dcp-api/src/main/java" \
  "@$work/files" "$here/src/main/java/RunKit.java" >"$work/javac.log" 2>&1 || { grep error "$work/javac.log" >&2; skip "the kit was not built"; }
cp "$sources"/dataplane-signaling/specifications/schemas/*.json "$work/kit/schema/"
cp "$here/../../vectors/dsp/transfer/data-address-schema.json" "$work/kit/schema/dsp/"

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free_port)
callback=$(free_port)
data="$work/node"
"$weir" init --role regional --name "Test kit" --uscc 12110000MB0000019M --region 1100 --listen "127.0.0.1:$port" --data "$data" >/dev/null
"$weir" serve --profile dps-tck --data "$data" >"$work/node.log" 2>&1 &
node=$!
for _ in $(seq 1 300); do
  curl -sf "http://127.0.0.1:$port/health" >/dev/null 2>&1 && break
  kill -0 "$node" 2>/dev/null || { cat "$work/node.log" >&2; exit 1; }
  sleep 0.1
done

later=$(sed -n 's/^DP_P_PULL_04_01_DATASETID=//p' "$data/tck.properties")
printf '{"data": "the data plane of the kit", "terms": "the control plane with terms", "later": "%s"}' "$later" >"$work/front.json"
python3 "$here/front.py" "http://127.0.0.1:$port" "$callback" "$work/front.json" >"$work/front.ports" 2>"$work/front.log" &
front=$!
until [ -s "$work/front.ports" ]; do kill -0 "$front" || exit 1; sleep 0.1; done
read -r kits nodes <"$work/front.ports"

export NOW="dummy-authorization" TERMS="the control plane with terms" DATA="the data plane of the kit"
"$weir" controlplane add tck --endpoint "http://127.0.0.1:$kits" --authorization-in env:NOW --data "$data"
"$weir" controlplane add tck-terms --endpoint "http://127.0.0.1:$kits" --authorization-in env:TERMS --agreements --data "$data"
"$weir" dataplane add tck --endpoint "http://127.0.0.1:$kits" --authorization-in env:DATA --data "$data" \
  --profile https://w3id.org/dspace-sig/profile/http-pull

sed "s,http://127.0.0.1:$port,http://127.0.0.1:$nodes," "$data/tck.properties" >"$work/kit.properties"
{
  echo "dataspacetck.port=$callback"
  echo "dataspacetck.callback.address=http://localhost:$kits"
  echo "dataspacetck.dps.dataplane.provider.id=did:web:provider.example"
  echo "dataspacetck.dps.dataplane.counterparty.id=did:web:localhost%3A$kits"
} >>"$work/kit.properties"
part=org.eclipse.dataspacetck.dps.verification
java -XX:TieredStopAtLevel=1 -cp "$work/classes:$work/kit:$work/lib/*" RunKit "$work/kit.properties" $part.controlplane $part.dataplane \
  >"$work/kit.log" 2>&1 && status=0 || status=1
grep -E '^(FAILED|       |kit:)' "$work/kit.log" || { tail -20 "$work/kit.log" >&2; status=1; }
exit "$status"
