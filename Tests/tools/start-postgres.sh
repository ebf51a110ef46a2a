#!/usr/bin/env bash
# Starts a PostgreSQL server (15 or later) for tests on a free port of the loopback, in FOLDER, and prints its URL.
# Its process id is in FOLDER/postgres.pid, for `stop_servers`. As root it runs as the user `postgres`.
# Usage: start-postgres.sh FOLDER [server options, such as -c fsync=on]
set -euo pipefail
folder=$1
shift

bin=${ZION_POSTGRES_BIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)}
[ -x "$bin/postgres" ] || {
  echo "start-postgres: no PostgreSQL server: apt-get install postgresql, or set ZION_POSTGRES_BIN to its bin folder" >&2
  exit 1
}
as_server=()
mkdir -p "$folder"
if [ "$(id -u)" -eq 0 ]; then
  as_server=(setpriv --reuid postgres --regid postgres --clear-groups)
  chown postgres "$folder"
  # The server's user must reach its folder through those above it.
  path=$folder
  while [ "$path" != / ] && [ "$path" != . ]; do
    case "$(stat -c %a "$path")" in *[1357]) ;; *) chmod o+x "$path" ;; esac
    path=$(dirname "$path")
  done
fi

cd /
"${as_server[@]}" "$bin/initdb" -D "$folder/data" -U zion -A trust -E UTF8 --no-locale --no-sync >"$folder/initdb.log" 2>&1 || {
  cat "$folder/initdb.log" >&2
  exit 1
}
for _ in $(seq 50); do
  port=$((20000 + RANDOM % 12000))
  "${as_server[@]}" "$bin/postgres" -D "$folder/data" -p "$port" -c listen_addresses=127.0.0.1 -c fsync=off \
    -c unix_socket_directories= -c max_connections=2000 "$@" >"$folder/postgres.log" 2>&1 </dev/null &
  pid=$!
  echo "$pid" >"$folder/postgres.pid"
  for _ in $(seq 150); do
    if "$bin/pg_isready" -q -h 127.0.0.1 -p "$port" -U zion && kill -0 "$pid" 2>/dev/null; then
      echo "postgres://zion@127.0.0.1:$port/postgres"
      exit 0
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  # The port was somebody's: another one.
  kill -9 "$pid" 2>/dev/null || true
  grep -q 'could not bind\|Address already in use' "$folder/postgres.log" || {
    cat "$folder/postgres.log" >&2
    exit 1
  }
done
echo "start-postgres: no free port" >&2
exit 1
