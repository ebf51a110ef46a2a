#!/usr/bin/env bash
# Fetches the source of PyPI's package kawpow 0.9.4.4 into .tools/ and makes a library of it for
# `zion bench hash --kawpow-package`. Does nothing when it is there already. Prints the library's path last.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=0.9.4.4
sha256=1dbea4631b407f4c68426825b021d843d40d895ae84fc8ea34aac23298f197d6
folder=$PWD/.tools/kawpow-$version
library=$folder/libkawpow-reference.so
shim=Tests/reference-kernels/kawpow_package.cpp

if [ ! -f "$library" ] || [ "$shim" -nt "$library" ]; then
  archive=$folder/kawpow-$version.tar.gz
  mkdir -p "$folder"
  if [ ! -f "$archive" ]; then
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --dest "$folder" \
      "kawpow==$version" >&2 || {
      echo "fetch-kawpow-reference: pip could not fetch kawpow $version: no comparison with it" >&2
      exit 1
    }
  fi
  echo "$sha256  $archive" | sha256sum --check --quiet >&2
  tar -xzf "$archive" -C "$folder" --strip-components=1
  objects=()
  for source in "$folder"/lib/keccak/*.c "$folder"/lib/kawpow/*.c "$folder"/lib/kawpow/*.cpp "$shim"; do
    object=$folder/$(basename "$source").o
    case $source in
    *.c) ${CC:-cc} -O3 -DNDEBUG -fPIC -std=c11 -I "$folder/include" -c "$source" -o "$object" ;;
    *) ${CXX:-c++} -O3 -DNDEBUG -fPIC -std=c++14 -I "$folder/include" -c "$source" -o "$object" ;;
    esac
    objects+=("$object")
  done
  ${CXX:-c++} -shared -o "$library.new" "${objects[@]}"
  mv "$library.new" "$library"
fi
echo "$library"
