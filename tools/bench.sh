#!/usr/bin/env bash
# Every figure beside its reference, measured in the same run: the rooms first, then real nodes.
set -euo pipefail
cd "$(dirname "$0")/.."
for name in $(build/release/weir-bench --list | awk '{print $1}'); do
  echo "== $name"
  build/release/weir-bench "$name"
done
echo "== nodes"
python3 bench/nodes.py --bin build/release
