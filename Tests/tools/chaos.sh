#!/usr/bin/env bash
# Runs `zion chaos` of a build with CHAOS=1. Arguments go to it (for example: Tests/tools/chaos.sh --seeds 7 --keep /tmp/seven).
# Servers that it starts live below one temporary folder and are gone when this script is; what failed runs left stays.
set -euo pipefail
cd "$(dirname "$0")/../.."

ZION_BITCOIND=${ZION_BITCOIND:-$(Tests/tools/fetch-bitcoind.sh | tail -n 1)}
export ZION_BITCOIND

scratch=$(mktemp -d "${TMPDIR:-/tmp}/zion-chaos.XXXXXX")
export TMPDIR=$scratch
. Tests/tools/cleanup.sh
trap 'stop_servers "$scratch"; rmdir "$scratch"/zion-chaos-* "$scratch" 2>/dev/null || true' EXIT

CHAOS=1 swift build --product zion --scratch-path .build-chaos
.build-chaos/debug/zion chaos "$@"
