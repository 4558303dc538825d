#!/usr/bin/env bash
# Private computation, with real processes: a bank and a telecom operator find the customers they share under a contract,
# and how often they default by education, which only the other knows; neither sees the other's rows. Then an auditor who
# has nothing but files checks it. Takes a few seconds.
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
names=$("$weir" compute algorithms --data telecom --json | python3 -c 'import json,sys
print("|".join(a["id"] + "@" + a["hash"] for a in json.load(sys.stdin)["items"] if a["id"] in ("psi-rr22", "join-psty19")))')
terms="action=compute, env=mpc, algorithm=$names, purpose=marketing, count<=2, log"
product=$(run publish "$data/telecom-customers.csv" --title "Customers" --terms "$terms" --data telecom --json | field id)
agreed=$(run negotiate "$product" --data bank --json)
agreement=$(field agreementId <<<"$agreed") contract=$(field contractId <<<"$agreed")

echo "3. The bank finds those it shares"
run compute psi "$agreement" --mine "$data/bank-customers.csv" --key phone --their-key mobile --form phone --purpose marketing \
  -o shared.csv --data bank
head -3 shared.csv
[ "$(wc -l <shared.csv)" -eq 1501 ]

echo "4. The bank asks how often they default, by an education that it does not know"
run compute query "$agreement" 'SELECT education, COUNT(*), AVG(credit_limit), AVG(default_next_month) FROM mine JOIN theirs
  ON mine.phone = theirs.mobile GROUP BY education' --mine "$data/bank-customers.csv" --form phone --purpose marketing \
  -o figures.csv --data bank
cat figures.csv
cmp figures.csv - <<'PLAIN'
education,COUNT(*),AVG(credit_limit),AVG(default_next_month)
1,545,214550.4587,0.2092
2,684,145175.4386,0.2222
3,253,127747.0356,0.2688
PLAIN

echo "5. What the terms do not say is refused"
! run fetch "$agreement" --data bank || exit 1
! run compute psi "$agreement" --mine "$data/bank-customers.csv" --key phone --their-key mobile --form phone --purpose scoring --data bank || exit 1
! run compute psi "$agreement" --mine "$data/bank-customers.csv" --key phone --their-key mobile --form phone --purpose marketing --data bank || exit 1

echo "6. An auditor checks it with nothing but files"
for side in bank telecom; do
  run evidence bundle "$contract" -o "$side.json" --data "$side" >/dev/null
  "$bin/weir-verify" "$side.json" --anchor region/certificates/authority.pem
done
