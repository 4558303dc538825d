#!/usr/bin/env bash
# Runs the official test kit of the Decentralized Claims Protocol against a node of its own: run.sh WEIR_BINARY [ROLE…]
#   ROLE is what the node is: holder, issuer, verifier. All of them if none is given.
# Exit codes: 0 all passed, 1 some failed, 77 the kit could not be had (no Java, no Maven, or no package registry).
# With WEIR_TEST_KEEP=FOLDER the nodes' folders and the kit's logs stay there.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
weir=$(realpath "$1")
shift
roles=${*:-holder issuer verifier}

skip() { echo "SKIPPED: $1" >&2; exit 77; }
command -v java >/dev/null || skip "java is not installed (tools/setup.sh installs it)"
command -v mvn >/dev/null || skip "mvn is not installed (tools/setup.sh installs it)"

work=${WEIR_TEST_KEEP:-$(mktemp -d)}
mkdir -p "$work"
node=""
stop() { [ -n "$node" ] && kill "$node" 2>/dev/null && wait "$node" 2>/dev/null || true; node=""; }
cleanup() { stop; [ -n "${WEIR_TEST_KEEP:-}" ] || rm -rf "$work"; }
trap cleanup EXIT

# The kit, from its published artifacts. Offline first: a second run asks nobody.
target="$work/kit"
build() { mvn -q -B "$@" -f "$here/pom.xml" -DbuildDirectory="$target" package >"$work/maven.log" 2>&1; }
build -o || build || { tail -3 "$work/maven.log" >&2; skip "the kit's artifacts could not be fetched"; }

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
part=org.eclipse.dataspacetck.dcp.verification
status=0
for role in $roles; do
  case "$role" in
    holder) packages="$part.presentation.cs $part.issuance.cs" ;;
    issuer) packages="$part.issuance.issuer" ;;
    verifier) packages="$part.presentation.verifier" ;;
  esac
  port=$(free_port)
  callback=$(free_port)
  data="$work/$role"
  "$weir" init --role regional --name "Test kit" --uscc 12110000MB0000019M --region 1100 --listen "127.0.0.1:$port" \
    --data "$data" >/dev/null
  WEIR_DID_ISSUERS="did:web:localhost%3A$callback:issuer" "$weir" serve --profile dcp-tck --data "$data" \
    >"$work/$role.node.log" 2>&1 &
  node=$!
  for _ in $(seq 1 300); do
    curl -sf "http://127.0.0.1:$port/health" >/dev/null 2>&1 && break
    kill -0 "$node" 2>/dev/null || { cat "$work/$role.node.log" >&2; exit 1; }
    sleep 0.1
  done
  cp "$data/dcp-$role.properties" "$work/$role.properties"
  printf 'dataspacetck.port=%s\ndataspacetck.callback.address=http://localhost:%s\n' "$callback" "$callback" \
    >>"$work/$role.properties"
  echo "as $role:"
  java -XX:TieredStopAtLevel=1 -cp "$target/dcp-kit-1.jar:$target/lib/*" RunKit "$work/$role.properties" $packages \
    >"$work/$role.kit.log" 2>&1 || status=1
  grep -E '^(FAILED|       |kit:)' "$work/$role.kit.log" || { tail -20 "$work/$role.kit.log" >&2; status=1; }
  stop
done
exit "$status"
