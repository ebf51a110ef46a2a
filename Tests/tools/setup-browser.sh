#!/usr/bin/env bash
# Installs what the tests of the dashboard need and what is missing (Debian and Ubuntu), and says what: a Chromium to
# drive, and one family of fonts, so that pages have letters. Prints the browser's path last.
set -euo pipefail

if [ -n "${ZION_CHROMIUM:-}" ]; then
  echo "$ZION_CHROMIUM"
  exit 0
fi
for name in chromium chromium-browser google-chrome; do
  if path=$(command -v "$name"); then
    echo "$path"
    exit 0
  fi
done
"$(dirname "$0")/setup.sh" chromium fonts-dejavu-core >&2
command -v chromium || {
  echo "setup-browser: there is no chromium; install one, or say where it is: ZION_CHROMIUM=PATH" >&2
  exit 1
}
