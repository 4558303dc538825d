#!/usr/bin/env bash
# Prints the folder that has DuckDB's shared library and its header, and fetches both into it if they are not there:
# from the official packages, through npm, each held against its digest. The folder is the user's own cache, so that
# every build of every clone finds them.
set -euo pipefail

version=1.4.4
header_sha256=cbe6a827284375c5a646b8f27dbd3a00808ce8738b5bbb49c190cb1e08540281
licence_sha256=7e17fd31249fa875cb3b1c5e05c6c3e99b75509f6a2804ca176c217834de1dcb
case "$(uname -m)" in
  x86_64) package=linux-x64 library_sha256=1ef33048e12235115ac0d277a0aaccbb560e33248144f488b5ac005cd9ba81b5 ;;
  aarch64) package=linux-arm64 library_sha256=c8e20af1e0064bdb7bf79af4d16f17ee8be16803bc98a4df58588bed1301c042 ;;
  *) echo "There is no DuckDB for $(uname -m): build it, and give CMake -DWEIR_DUCKDB=FOLDER with libduckdb.so and duckdb.h" >&2
     exit 1 ;;
esac

folder="${XDG_CACHE_HOME:-$HOME/.cache}/weir/duckdb-$version"
if [ -f "$folder/LICENSE" ]; then
  echo "$folder"
  exit 0
fi
command -v npm >/dev/null || { echo "npm is not installed (tools/setup.sh installs it)" >&2; exit 1; }

mkdir -p "$(dirname "$folder")"
part=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$part"' EXIT
# fetch PACKAGE FILE SHA256: one file of a package, under its own name
fetch() {
  local archive
  archive=$(cd "$part" && npm pack --silent --ignore-scripts "$1" 2>/dev/null) ||
    { echo "$1 could not be fetched" >&2; exit 1; }
  tar -xzf "$part/$archive" -C "$part" --transform 's,.*/,,' "package/$2"
  rm "$part/$archive"
  echo "$3  $part/${2##*/}" | sha256sum --check --quiet >&2
}
echo "Fetching DuckDB $version" >&2
fetch "duckdb@$version" src/duckdb/src/include/duckdb.h "$header_sha256"
fetch "@duckdb/node-bindings-$package@$version-r.1" libduckdb.so "$library_sha256"
fetch "@duckdb/node-bindings-$package@$version-r.1" LICENSE "$licence_sha256"
chmod 755 "$part"
# Another build may have been as quick: then its folder stays, for a folder that is there is whole.
mv -T "$part" "$folder" 2>/dev/null || [ -f "$folder/LICENSE" ]
echo "$folder"
