#!/usr/bin/env bash
# Every figure beside its reference, measured in the same run, as docs/benchmarks.md shows it.
set -euo pipefail
cd "$(dirname "$0")/.."
bench=build/release/weir-bench
echo "Commit $(git describe --always --dirty), $(nproc) cores of $(sed -n 's/^model name.*: //p;T;q' /proc/cpuinfo), load $(cut -d' ' -f1 /proc/loadavg), $(date +%F)."
for name in $("$bench" --list | cut -d' ' -f1); do
  "$bench" "$name" --markdown
done
