#!/usr/bin/env bash
# Does what the first screen of the README tells a newcomer, with the binary given: starts the server, mines, looks.
# Usage: first-screen.sh FOLDER ZION
set -euo pipefail
folder=$1 zion=$2
readme=$(cd "$(dirname "$0")/../.." && pwd)/README.md
mkdir -p "$folder/first-screen"
cd "$folder/first-screen"

fail() {
  echo "first screen: $1" >&2
  tail -n 20 run.log mine.log >&2 2>/dev/null || true
  exit 1
}

# The commands as they are printed there, so that the page and this check cannot drift apart.
grep -qx 'make run' "$readme" || fail "the README no longer says 'make run'"
mine=$(grep -m 1 '^\.build-release/release/zion mine ' "$readme") || fail "the README shows no 'zion mine' command"
look=$(grep -m 1 '^curl .*/api/stats' "$readme") || fail "the README shows no 'curl …/api/stats' command"

if timeout 1 bash -c '</dev/tcp/127.0.0.1/3333' 2>/dev/null; then
  fail "something else listens on port 3333 of this machine"
fi

"$zion" run >run.log 2>&1 &
server=$!
echo "$server" >server.pid
miner=
stop() {
  for pid in $miner $server; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
}
trap stop EXIT

wait_for() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    kill -0 "$server" 2>/dev/null || fail "the server ended while waiting for $what"
    [ "$SECONDS" -lt "$deadline" ] || fail "no $what in time"
    sleep 0.2
  done
}
answers() { bash -c "$look" >stats.json 2>/dev/null && [ -s stats.json ]; }
accepted() { answers && grep -Eq '"accepted" ?: ?[1-9]' stats.json; }

wait_for 30 "answer from the API" answers
# The tests have built the debug binary; the command is otherwise the README's.
"$zion" ${mine#.build-release/release/zion } >mine.log 2>&1 &
miner=$!
echo "$miner" >miner.pid
wait_for 90 "accepted share in /api/stats" accepted
echo "first screen: $(grep -Eo '"accepted" ?: ?[0-9]+' stats.json | head -n 1) after $SECONDS s"
