#!/usr/bin/env bash
# Asks openapi-spec-validator (PyPI) whether a file is a valid OpenAPI 3.1 document: exit code 0, or 1 with what is wrong.
# Usage: Tests/tools/validate-openapi.sh FILE.json
set -euo pipefail

file=$(realpath "${1:?"usage: $0 FILE.json"}")
cd "$(dirname "$0")/../.."
programs=$(Tests/tools/fetch-schemathesis.sh | tail -n 1)
exec "$programs/openapi-spec-validator" --schema 3.1 --errors all "$file"
