#!/usr/bin/env bash
# Builds and runs every test. Arguments go to `swift test` (for example: Tests/tools/test.sh --filter TidyTests).
# Servers that tests start live below one temporary folder and are gone when this script is.
set -euo pipefail
cd "$(dirname "$0")/../.."

ZION_BITCOIND=${ZION_BITCOIND:-$(Tests/tools/fetch-bitcoind.sh | tail -n 1)}
export ZION_BITCOIND

scratch=$(mktemp -d "${TMPDIR:-/tmp}/zion-tests.XXXXXX")
export TMPDIR=$scratch
. Tests/tools/cleanup.sh
trap 'stop_servers "$scratch"; rm -rf "$scratch"' EXIT

swift build --build-tests
if [ -z "${ZION_POSTGRES:-}" ]; then
  ZION_POSTGRES=$(Tests/tools/start-postgres.sh "$scratch/postgres")
  export ZION_POSTGRES
fi
# A test's time limit counts from its start: with all of them started at once, most would only wait.
log=$scratch/tests.log
if ! swift test --skip-build --disable-xctest --experimental-maximum-parallelization-width 8 "$@" 2>&1 | tee "$log"; then
  echo "what failed:"
  grep -aE '✘|error:' "$log" | cut -c1-2000 | tail -n 15
  exit 1
fi
