#!/usr/bin/env bash
# Installs the system packages that the build needs and that are missing (Debian and Ubuntu), and says which.
# Usage: Tests/tools/setup.sh [more packages]
set -euo pipefail

needed=(libcurl4-openssl-dev libsqlite3-dev libssl-dev libpq-dev pkg-config zlib1g-dev "$@")

if ! command -v swift >/dev/null; then
  echo "setup: no 'swift' in PATH. Install Swift 6.3 or newer from https://www.swift.org/install/linux/ and try again." >&2
  exit 1
fi
if ! command -v dpkg-query >/dev/null; then
  echo "setup: not a Debian system; please install the equivalents of: ${needed[*]}" >&2
  exit 0
fi

missing=()
for package in "${needed[@]}"; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "setup: missing packages, and neither root nor sudo to install them: ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi
echo "setup: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
