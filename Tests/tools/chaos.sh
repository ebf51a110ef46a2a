#!/usr/bin/env bash
# Runs `zion chaos` of a build with CHAOS=1. Arguments go to it (for example: Tests/tools/chaos.sh --seeds 7 --keep /tmp/seven).
# Servers that it starts live below one temporary folder and are gone when this script is; what failed runs left stays.
set -euo pipefail
cd "$(dirname "$0")/../.."

ZION_BITCOIND=${ZION_BITCOIND:-$(Tests/tools/fetch-bitcoind.sh | tail -n 1)}
export ZION_BITCOIND

CHAOS=1 swift build --product zion --scratch-path .build-chaos

scratch=$(mktemp -d "${TMPDIR:-/tmp}/zion-chaos.XXXXXX")
export TMPDIR=$scratch
. Tests/tools/cleanup.sh
trap 'failed=$?; stop_servers "$scratch"; [ "$failed" -ne 0 ] || rm -rf "$scratch"' EXIT

.build-chaos/debug/zion chaos "$@"
