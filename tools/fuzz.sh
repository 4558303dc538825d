#!/usr/bin/env bash
# Fuzzes with libFuzzer: tools/fuzz.sh [SECONDS [TARGET...]], by default every target for 10 seconds each.
# New inputs are kept in build/fuzz/corpus/TARGET; what stops a target is named at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-10}
shift || true

packages=()
command -v clang++-19 >/dev/null || packages+=(clang-19)
compgen -G "/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.fuzzer-*.a" >/dev/null || packages+=(libclang-rt-19-dev)
if [ ${#packages[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || { echo "please install clang 19 with its fuzzing runtime" >&2; exit 1; }
  echo "Installing: ${packages[*]}"
  sudo=""
  [ "$(id -u)" -eq 0 ] || sudo="sudo"
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi

targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(sed -n 's/^weir_fuzz(\([a-z0-9_]*\) .*/\1/p' fuzz/CMakeLists.txt)
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target "${targets[@]}"

failed=()
for target in "${targets[@]}"; do
  found="build/fuzz/corpus/$target"
  mkdir -p "$found" "fuzz/corpus/$target"
  printf '%s: ' "$target"
  if "build/fuzz/$target" -max_total_time="$seconds" -verbosity=0 -print_final_stats=1 -artifact_prefix="build/fuzz/$target-" \
      "$found" "fuzz/corpus/$target" >"build/fuzz/$target.log" 2>&1; then
    sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$target.log" | sed 's/$/ inputs/'
  else
    echo "STOPPED"
    tail -n 30 "build/fuzz/$target.log"
    failed+=("$target")
  fi
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "stopped: ${failed[*]}; inputs: build/fuzz/TARGET-crash-…, logs: build/fuzz/TARGET.log" >&2
  exit 1
fi
