#!/usr/bin/env bash
# Installs what building and testing Weir needs, from the distribution's own packages (Debian 12 or later,
# Ubuntu 24.04 or later), and DuckDB. Does nothing when all of it is there. On other systems it says what to install.
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache mold
  libboost1.81-dev libboost-json1.81-dev libssl-dev libsqlite3-dev libpq-dev zlib1g-dev libexpat1-dev
  libicu-dev libserd-dev
  libcli11-dev libtomlplusplus-dev prometheus-cpp-dev
  libgtest-dev libgmock-dev
  postgresql openssl python3 python3-jsonschema python3-venv
  default-jdk-headless maven curl
)

missing=()
if command -v dpkg-query >/dev/null; then
  for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
else
  echo "This is not a Debian system. Please install the counterparts of: ${packages[*]}" >&2
  exit 0
fi
# npm has many sources, which exclude each other: any will do.
command -v npm >/dev/null || missing+=(npm)
if [ ${#missing[@]} -gt 0 ]; then
  echo "Installing: ${missing[*]}"
  sudo=""
  [ "$(id -u)" -eq 0 ] || sudo="sudo"
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
"$(dirname "$0")/duckdb.sh" >/dev/null
