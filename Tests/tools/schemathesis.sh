#!/usr/bin/env bash
# Asks a running zion all that its OpenAPI document allows, and much that it does not: no 500, no status or body that the
# document does not tell of. Half of the time with names of things that are there, half with names made up.
#
#   Tests/tools/schemathesis.sh http://127.0.0.1:3334 [SECONDS]
#
# In the environment: ZION_TOKEN, where the server has one; ZION_ADDRESS, a miner that it knows; ZION_POOL, its local
# pool's name (zion).
set -euo pipefail
cd "$(dirname "$0")/../.."

server=${1:?"usage: $0 URL [SECONDS]"} seconds=${2:-600}
programs=$(Tests/tools/fetch-schemathesis.sh | tail -n 1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp Tests/tools/schemathesis.toml "$work/free.toml"
{
  cat Tests/tools/schemathesis.toml
  echo
  echo '[parameters]'
  echo "\"path.id\" = \"${ZION_POOL:-zion}\""
  echo "\"path.address\" = \"${ZION_ADDRESS:-ZION_00112233445566778899AABBCCDDEEFF00112233}\""
  echo '"path.height" = 1'
} >"$work/known.toml"

header=()
[ -z "${ZION_TOKEN:-}" ] || header=(-H "Authorization: Bearer $ZION_TOKEN")

failed=0
for names in free known; do
  echo "schemathesis: names $names"
  # Examples without end; the time is the limit. One worker: what it finds can be found again by its seed.
  set +e
  (cd "$work" && "$programs/st" --config-file "$work/$names.toml" run "$server/api/openapi.json" "${header[@]}" \
    --phases examples,coverage,fuzzing --max-examples 1000000 --max-time $((seconds / 2)) --workers 1 --no-color)
  result=$?
  set -e
  [ $result -eq 0 ] || failed=1
done
exit $failed
