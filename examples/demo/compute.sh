#!/usr/bin/env bash
# Private intersection, with real processes: a bank and a telecom operator find the customers they share under a contract,
# and neither sees the other's others. Then an auditor who has nothing but files checks it. Takes a few seconds.
set -euo pipefail

here=$(cd "$(dirname "$0")/../.." && pwd)
bin=${DEMO_BIN:-$here/build/release}
weir="$bin/weir"
data="$here/examples/data"
work=$(mktemp -d)
pids=()
cleanup() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT
run() { printf '\033[2m$ weir %s\033[0m\n' "${*//"$here/"/}" >&2; "$weir" "$@"; }
field() { python3 -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
serve() {
  "$weir" serve --data "$1" 2>"$1/serve.log" &
  pids+=("$!")
  for _ in $(seq 400); do [ -e "$1/running.url" ] && return 0; sleep 0.05; done
  cat "$1/serve.log" >&2; exit 1
}

cd "$work"
echo "1. A regional node, a bank and a telecom operator"
"$weir" init --data region --role regional --name Region --uscc 11110000MB0000035E --region 1100 >/dev/null
serve region
for member in "bank 12110000MB0000019M" "telecom 12110000MB0000027G"; do
  set -- $member
  "$weir" init --data "$1" --name "$1" --uscc "$2" --region 1100 >/dev/null
  "$weir" join "$(cat region/running.url)" --data "$1" --authority region/certificates/authority.pem --representative "Li Hua" >/dev/null
  "$weir" participant approve "$(field application <"$1/node.json")" --data region >/dev/null
  "$weir" join "$(cat region/running.url)" --data "$1" --authority region/certificates/authority.pem >/dev/null
  serve "$1"
done

echo "2. The telecom operator offers its customers for computation, not for reading"
hash=$("$weir" compute algorithms --data telecom --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["items"][0]["hash"])')
terms="action=compute, env=mpc, algorithm=psi-rr22@$hash, purpose=marketing, count<=2, log"
product=$(run publish "$data/telecom-customers.csv" --title "Customers" --terms "$terms" --data telecom --json | field id)
agreed=$(run negotiate "$product" --data bank --json)
agreement=$(field agreementId <<<"$agreed") contract=$(field contractId <<<"$agreed")

echo "3. The bank finds those it shares"
run compute psi "$agreement" --mine "$data/bank-customers.csv" --key phone --their-key mobile --form phone --purpose marketing \
  -o shared.csv --data bank
head -3 shared.csv
[ "$(wc -l <shared.csv)" -eq 1501 ]

echo "4. What the terms do not say is refused"
! run fetch "$agreement" --data bank || exit 1
! run compute psi "$agreement" --mine "$data/bank-customers.csv" --key phone --their-key mobile --form phone --purpose scoring --data bank || exit 1

echo "5. An auditor checks it with nothing but files"
for side in bank telecom; do
  run evidence bundle "$contract" -o "$side.json" --data "$side" >/dev/null
  "$bin/weir-verify" "$side.json" --anchor region/certificates/authority.pem
done
