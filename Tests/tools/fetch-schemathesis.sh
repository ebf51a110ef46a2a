#!/usr/bin/env bash
# Gets the programs that test the HTTP API from PyPI into .tools/api-tests, once, and prints the folder of their commands:
# schemathesis (property-based requests made from the OpenAPI document) and openapi-spec-validator.
set -euo pipefail
cd "$(dirname "$0")/../.."

schemathesis=4.32.5 validator=0.7.2
folder=$PWD/.tools/api-tests-$schemathesis

if [ ! -x "$folder/bin/st" ] || [ ! -x "$folder/bin/openapi-spec-validator" ]; then
  mkdir -p .tools
  rm -rf "$folder"
  python3 -m venv "$folder" >&2
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check \
    "schemathesis==$schemathesis" "openapi-spec-validator==$validator" >&2
fi
echo "$folder/bin"
