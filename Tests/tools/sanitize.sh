#!/usr/bin/env bash
# Builds and runs the tests with the thread or the address sanitizer, in a folder of its own.
# Usage: Tests/tools/sanitize.sh thread|address [arguments of swift test]
#
# Without arguments: everything but the dashboard, which needs a browser, and the rules of style. The vectors of the hash kernels
# are left out: one thread computes them from values, and both sanitizers make that some twenty times slower.
# Where tasks hash side by side they run.
# A report of any process is a failure, of servers that tests start as well: all of them are shown at the end.
set -euo pipefail
cd "$(dirname "$0")/../.."

kind=${1:?usage: Tests/tools/sanitize.sh thread|address [arguments of swift test]}
shift
case $kind in
  thread) build=.build-tsan ;;
  address) build=.build-asan ;;
  *)
    echo "sanitize: there are thread and address" >&2
    exit 2
    ;;
esac
vectors='HeavyHashes/(VectorTests|YespowerTests|KawPowTests)/(?!.tasks)'
[ $# -gt 0 ] || set -- --skip "HashingTests.($vectors|DigestTests|FastPathTests)" \
  --skip 'EndToEndTests.EndToEnd/Dashboard' --skip TidyTests

ZION_BITCOIND=${ZION_BITCOIND:-$(Tests/tools/fetch-bitcoind.sh | tail -n 1)}
export ZION_BITCOIND

scratch=$(mktemp -d "${TMPDIR:-/tmp}/zion-sanitize.XXXXXX")
export TMPDIR=$scratch
. Tests/tools/cleanup.sh
trap 'stop_servers "$scratch"; rm -rf "$scratch"' EXIT

swift build --build-tests --sanitize="$kind" --scratch-path "$build"
if [ -z "${ZION_POSTGRES:-}" ]; then
  ZION_POSTGRES=$(Tests/tools/start-postgres.sh "$scratch/postgres")
  export ZION_POSTGRES
fi

preload=
if [ "$kind" = thread ]; then
  preload=$scratch/tsan-mutex.so
  clang=$(command -v clang || echo "$(dirname "$(readlink -f "$(command -v swift)")")/clang")
  "$clang" -O1 -shared -fPIC -o "$preload" Tests/tools/tsan-mutex.c
fi

# Swift's own backtracer can hang on a process that a sanitizer ends.
export SWIFT_BACKTRACE=enable=no
# Leaks: what the test runner itself keeps until the end would be reported.
export ASAN_OPTIONS="suppressions=$PWD/Tests/tools/asan.supp:detect_leaks=0:log_path=$scratch/report"
export TSAN_OPTIONS="suppressions=$PWD/Tests/tools/tsan.supp:log_path=$scratch/report"
status=0
LD_PRELOAD=$preload swift test --skip-build --disable-xctest --sanitize="$kind" --scratch-path "$build" \
  --experimental-maximum-parallelization-width 4 "$@" || status=$?

reports=("$scratch"/report*)
if [ -e "${reports[0]}" ]; then
  cat "${reports[@]}" >&2
  echo "sanitize: ${#reports[@]} processes with reports of the $kind sanitizer, shown above" >&2
  exit 1
fi
exit "$status"
