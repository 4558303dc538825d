#!/usr/bin/env bash
# The main job, with real processes: a regional node and two participants on this machine, over TLS.
#
# A weather bureau publishes four years of Beijing's hourly air quality. A hospital finds it, agrees to the terms, receives
# the data, uses them within the terms and is refused outside them. Then somebody who has nothing but files checks it all.
# At the end three attacks fail. Takes well under a minute. Everything happens in one temporary folder.
set -euo pipefail

here=$(cd "$(dirname "$0")/../.." && pwd)
bin=${DEMO_BIN:-$here/build/release}
weir="$bin/weir"
verify="$bin/weir-verify"
data="$here/examples/data/beijing-air-2011-2014.csv"
work=${DEMO_DIR:-$(mktemp -d)}
mkdir -p "$work"
pids=()

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() { # shows a command as a person would type it, then runs it
  local word line=""
  for word in "$@"; do
    word=${word//"$bin/"/}; word=${word//"$work/"/}; word=${word//"$here/"/}
    case $word in *[!A-Za-z0-9._:/=-]*) word="'$word'" ;; esac
    line+="$word "
  done
  printf '\033[2m$ %s\033[0m\n' "${line% }"
  "$@"
}
field() { python3 -c 'import json,sys; v=json.load(sys.stdin)
for k in sys.argv[1].split("."): v = v[int(k)] if k.isdigit() else v[k]
print(v)' "$1"; }
expect_refusal() { # the command must say no (and not fall over); its words are the point
  local code=0
  run "$@" || code=$?
  case $code in
    0) echo "this should have been refused" >&2; exit 1 ;;
    1 | 3 | 4) ;;
    *) echo "exit code $code is no refusal" >&2; exit 1 ;;
  esac
}
serve() { # starts a node in the background and waits until it is ready
  "$weir" serve --data "$1" --log-style text 2>"$1/serve.log" &
  pids+=("$!")
  for _ in $(seq 200); do [ -e "$1/running.url" ] && return 0; sleep 0.05; done
  echo "the node in $1 did not start:" >&2; cat "$1/serve.log" >&2; exit 1
}
stop_all() { for pid in "${pids[@]:-}"; do [ -n "$pid" ] && kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; pids=(); }
cleanup() { stop_all; [ -n "${DEMO_DIR:-}" ] || rm -rf "$work"; }
trap cleanup EXIT

region="$work/region" bureau="$work/bureau" hospital="$work/hospital" auditor="$work/auditor"
mkdir -p "$auditor"

say "1. A regional node, and two organisations that join it"
run "$weir" init --data "$region" --role regional --name "Beijing regional node" --uscc 11110000MB0000035E --region 1100
serve "$region"
url=$(cat "$region/running.url")
run "$weir" init --data "$bureau" --name "Weather bureau" --uscc 12110000MB0000019M --region 1100
run "$weir" join "$url" --data "$bureau" --authority "$region/certificates/authority.pem" --representative "Li Hua"
run "$weir" init --data "$hospital" --name "Hospital" --uscc 12110000MB0000027G --region 1100
run "$weir" join "$url" --data "$hospital" --authority "$region/certificates/authority.pem" --representative "Wang Fang"
for application in $("$weir" participant list --data "$region" --json | python3 -c 'import json,sys
for row in json.load(sys.stdin)["items"]:
    if row["status"] == "applied": print(row["id"])'); do
  run "$weir" participant approve "$application" --data "$region"
done
run "$weir" join "$url" --data "$bureau" --authority "$region/certificates/authority.pem"
run "$weir" join "$url" --data "$hospital" --authority "$region/certificates/authority.pem"
serve "$bureau"
serve "$hospital"

say "2. The bureau publishes data with terms a machine can keep"
terms="count<=3, purpose=research, until=2030-01-01, delete=P30D, log"
run "$weir" policy explain "$terms"
run "$weir" publish "$data" --data "$bureau" --title "Beijing hourly air quality 2011-2014" --title-zh "北京逐小时空气质量 2011-2014" \
  --keyword "PM2.5" --keyword "空气质量" --terms "$terms"

say "3. The hospital finds it through the regional node and agrees"
for _ in $(seq 100); do # the catalogue entry travels to the regional node by itself
  product=$("$weir" search 空气质量 --data "$hospital" --json | field items.0.id 2>/dev/null) && break; sleep 0.1
done
run "$weir" search 空气质量 --data "$hospital"
negotiation=$("$weir" negotiate "$product" --data "$hospital" --json)
agreement=$(field agreementId <<<"$negotiation")
contract=$(field contractId <<<"$negotiation")
run "$weir" contract list --agreements --data "$hospital"

say "4. The data arrive: verified, metered, sealed, with a signed receipt"
run "$weir" fetch "$agreement" --data "$hospital"

say "5. Use within the terms, and refusal outside them"
expect_refusal "$weir" use "$agreement" --data "$hospital" --action read --purpose marketing -o "$work/no.csv"
expect_refusal "$weir" use "$agreement" --data "$hospital" --action distribute --purpose research -o "$work/no.csv"
run "$weir" use "$agreement" --data "$hospital" --action read --purpose research -o "$work/air.csv"
cmp "$data" "$work/air.csv" && echo "the hospital reads exactly what the bureau published"
run "$weir" use "$agreement" --data "$hospital" --action read --purpose research -o "$work/air.csv"
run "$weir" use "$agreement" --data "$hospital" --action read --purpose research -o "$work/air.csv"

say "6. Somebody with nothing but files checks that all of it happened"
run "$weir" evidence replay "$contract" --data "$hospital"
run "$weir" evidence bundle "$contract" --data "$hospital" -o "$auditor/bundle.json"
cp "$region/certificates/authority.pem" "$auditor/authority.pem"
run "$verify" "$auditor/bundle.json" --anchor "$auditor/authority.pem"

say "7. Attack one: a fourth use where three were agreed"
expect_refusal "$weir" use "$agreement" --data "$hospital" --action read --purpose research -o "$work/no.csv"

say "8. Attack two: one flipped byte in the data that the bureau sends"
second=$("$weir" negotiate "$product" --data "$hospital" --json | field agreementId)
python3 - "$bureau" <<'PY'
import glob, sys
path, = glob.glob(sys.argv[1] + "/contents/*/data")
with open(path, "r+b") as file:
    file.seek(700000); byte = file.read(1); file.seek(700000); file.write(bytes([byte[0] ^ 1]))
PY
expect_refusal "$weir" fetch "$second" --data "$hospital"

say "9. The agreement ends: the data are destroyed, and that is proven too"
run "$weir" destroy "$agreement" --data "$hospital" --reason "purpose fulfilled"
expect_refusal "$weir" use "$agreement" --data "$hospital" --action read --purpose research -o "$work/no.csv"

say "10. Attack three: one rewritten entry in a log"
run "$weir" evidence export --data "$hospital" -o "$auditor/log.jsonl"
run "$verify" log "$auditor/log.jsonl" --anchor "$auditor/authority.pem"
sed '0,/research/s/research/marketing/' "$auditor/log.jsonl" >"$auditor/rewritten.jsonl"
expect_refusal "$verify" log "$auditor/rewritten.jsonl" --anchor "$auditor/authority.pem"

say "Done. Three processes, two logs, one signed story; three attacks, none worked."
