#!/usr/bin/env bash
# Starts a debug server on the embedded chain with two miners in a temporary folder, and lets schemathesis ask it.
# Usage: Tests/tools/fuzz-api.sh [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:-600}
zion=$PWD/.build/debug/zion
work=$(mktemp -d)
children=()
finish() {
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  wait
  rm -rf "$work"
}
trap finish EXIT

port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
stratum=$(port) api=$(port)
address=ZION_00112233445566778899AABBCCDDEEFF00112233

cat >"$work/zion.yaml" <<YAML
listen: 127.0.0.1:$stratum
data: $work/data
api: { listen: "127.0.0.1:$api", token: secret }
local:
  embedded: { interval: 2s }
YAML
"$zion" run --config "$work/zion.yaml" >"$work/server.log" 2>&1 &
children+=($!)
for _ in $(seq 60); do
  curl -fsS -o /dev/null "http://127.0.0.1:$api/api/openapi.json" 2>/dev/null && break
  sleep 1
done
for algorithm in yescrypt cosmic_harmony; do
  "$zion" mine --url "stratum+tcp://127.0.0.1:$stratum" --user "$address.$algorithm" --algorithm "$algorithm" \
    --threads 1 --for $((seconds + 30)) >"$work/$algorithm.log" 2>&1 &
  children+=($!)
done
# Until there is a block to ask for.
for _ in $(seq 60); do
  curl -fsS "http://127.0.0.1:$api/block/1" >/dev/null 2>&1 && break
  sleep 1
done
ZION_TOKEN=secret ZION_ADDRESS=$address Tests/tools/schemathesis.sh "http://127.0.0.1:$api" "$seconds"
