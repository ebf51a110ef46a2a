#!/usr/bin/env bash
# Lets libFuzzer search with every fuzz target, or those that are named, as many at a time as there are processors
# (or FUZZ_JOBS says), and prints a line for each.
# Usage: Tests/tools/fuzz.sh [SECONDS [TARGET…]]
#
# An input that stops the process, breaks a promise (see Tests/Fuzz/Targets), takes more than a second or takes half a
# gigabyte is a failure, and kept in .build-fuzz/crashes/TARGET. What is found on the way stays in
# .build-fuzz/corpus/TARGET; `Tests/tools/fuzz.sh merge [TARGET…]` takes what is new of that into Tests/Fuzz/Corpus.
set -euo pipefail
cd "$(dirname "$0")/../.."

root=$PWD/.build-fuzz
fuzz=${ZION_FUZZ:-$root/release/zion-fuzz}
# The sanitizer keeps freed memory for a while, which is not the program's growth; 150 MiB are its own and libFuzzer's.
export ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=16
export SWIFT_BACKTRACE=enable=no
memory=$((512 + 150))

# What a command takes of a processor, however long it must wait for one.
cpu_seconds() {
  local TIMEFORMAT='%U %S'
  { time "$@" >/dev/null 2>&1; } 2>&1 | awk '{ print $1 + $2 }'
}

# One target: until its time is over, or something is found.
one() {
  local seconds=$1 target=$2 limit=$3
  local found=$root/corpus/$target crashes=$root/crashes/$target log=$root/logs/$target.log
  mkdir -p "$found" "$crashes" "$root/logs"
  local dictionary=Tests/Fuzz/Dictionaries/${target%%-*}.dict
  local options=(-max_len="$limit" -timeout=1 -rss_limit_mb=$memory -malloc_limit_mb=512 -artifact_prefix="$crashes/"
    -print_final_stats=1 -detect_leaks=0 -verbosity=1 -use_value_profile=1)
  [ ! -f "$dictionary" ] || options+=(-dict="$dictionary")
  export ZION_FUZZ_TARGET=$target
  local start=$SECONDS status=0 stalls=0 executed=0
  : >"$log"
  while :; do
    local left=$((seconds - (SECONDS - start)))
    [ "$left" -gt 0 ] || break
    status=0
    "$fuzz" "${options[@]}" -max_total_time="$left" "$found" "Tests/Fuzz/Corpus/$target" </dev/null >>"$log" 2>&1 ||
      status=$?
    [ "$status" -ne 0 ] || continue
    # A second on the clock is not a second of work where machines are shared: an input that takes less of a
    # processor when it is run again, the start of the process included, did not take it.
    local slow
    slow=$(find "$crashes" -newer "$root/started" -name 'timeout-*' | head -n 1)
    [ -n "$slow" ] || break
    local work
    work=$(cpu_seconds "$fuzz" -timeout=600 "$slow" </dev/null)
    awk -v work="$work" 'BEGIN { exit !(work < 1) }' || break
    rm "$slow"
    stalls=$((stalls + 1))
    status=0
  done
  executed=$(awk '/^stat::number_of_executed_units/ { sum += $2 } END { print sum + 0 }' "$log")
  local coverage
  coverage=$(grep -a -o 'cov: [0-9]* ft: [0-9]*' "$log" | tail -n 1)
  local peak
  peak=$(awk '/^stat::peak_rss_mb/ && $2 > most { most = $2 } END { print most + 0 }' "$log")
  printf '%-20s %11d executions in %4d s  %-22s peak %3d MiB  stalls %d  rc %d\n' \
    "$target" "$executed" $((SECONDS - start)) "$coverage" "$peak" "$stalls" "$status"
  [ "$status" -eq 0 ] || {
    grep -a -m 3 -E 'Fatal error|ERROR: |SUMMARY' "$log" || true
    echo "  kept in $crashes; again: ZION_FUZZ_TARGET=$target $fuzz FILE; all it said: $log"
    return 1
  }
}

# What tells something new, small: into the corpus of the project, of which nothing is lost.
merge() {
  "$fuzz" | while read -r target limit; do
    [ $# -eq 0 ] || [[ " $* " == *" $target "* ]] || continue
    [ -d "$root/corpus/$target" ] || continue
    local new
    new=$(mktemp -d)
    ZION_FUZZ_TARGET=$target "$fuzz" -merge=1 -max_len="$limit" -timeout=5 "$new" "Tests/Fuzz/Corpus/$target" \
      "$root/corpus/$target" </dev/null >"$root/logs/$target.merge.log" 2>&1
    # The smallest first, up to 100 files and 40 KB with what is there.
    local total=0 count file
    count=$(find "Tests/Fuzz/Corpus/$target" -type f | wc -l)
    find "Tests/Fuzz/Corpus/$target" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }' >"$new.size"
    total=$(cat "$new.size")
    find "$new" -type f -printf '%s %p\n' | sort -n >"$new.list"
    while read -r size file; do
      cmp -s "$file" "Tests/Fuzz/Corpus/$target/$(basename "$file")" && continue
      total=$((total + size)) count=$((count + 1))
      [ "$total" -le 40000 ] && [ "$count" -le 100 ] || break
      cp "$file" "Tests/Fuzz/Corpus/$target/"
    done <"$new.list"
    rm -rf "$new" "$new.size" "$new.list"
    echo "$target: $(find "Tests/Fuzz/Corpus/$target" -type f | wc -l) files," \
      "$(du -bs "Tests/Fuzz/Corpus/$target" | cut -f 1) bytes"
  done
}

case ${1:-600} in
  merge)
    shift
    merge "$@"
    ;;
  one)
    shift
    one "$@"
    ;;
  *)
    seconds=${1:-600}
    shift || true
    mkdir -p "$root"
    touch "$root/started"
    targets=$("$fuzz")
    [ $# -eq 0 ] || targets=$(for name; do grep -E "^$name " <<<"$targets" || {
      echo "there is no target $name" >&2
      exit 2
    }; done)
    xargs -P "${FUZZ_JOBS:-$(nproc)}" -L 1 Tests/tools/fuzz.sh one "$seconds" <<<"$targets" || {
      echo "fuzz: something was found; see above" >&2
      exit 1
    }
    ;;
esac
