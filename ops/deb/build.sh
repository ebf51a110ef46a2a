#!/usr/bin/env bash
# Makes the Debian package from a binary: manual pages, completions, unit, policies, configuration.
# Usage: ops/deb/build.sh ZION FOLDER     prints the path of the package, which it leaves in FOLDER
set -euo pipefail
zion=$(realpath "$1")
mkdir -p "$2"
output=$(realpath "$2")
cd "$(dirname "$0")/../.."
for tool in dh dpkg-buildpackage; do
  command -v "$tool" >/dev/null || {
    echo "build.sh: there is no $tool; Tests/tools/setup.sh debhelper dpkg-dev installs it" >&2
    exit 1
  }
done

version=$("$zion" --version)
tree=$(mktemp -d "${TMPDIR:-/tmp}/zion-deb.XXXXXX")
trap 'rm -rf "$tree"' EXIT
stage=$tree/zion-proxy-$version
mkdir -p "$stage"/{man,completions,policies,examples,docs}

cp -r ops/deb/debian "$stage/debian"
cp "$zion" "$stage/zion"
cp ops/deb/zion.yaml "$stage/zion.yaml"
cp policies/*.yaml policies/*.json "$stage/policies/"
cp config/farm.example.yaml ops/nginx/zion.conf ops/haproxy/haproxy.cfg "$stage/examples/"
cp README.md docs/*.md "$stage/docs/"
cp ops/systemd/zion.service "$stage/debian/zion-proxy.zion.service"
cp ops/logrotate/zion "$stage/debian/zion-proxy.zion.logrotate"
"$zion" manual "$stage/man" >&2
"$zion" --generate-completion-script bash >"$stage/completions/zion"
"$zion" --generate-completion-script zsh >"$stage/completions/_zion"
"$zion" --generate-completion-script fish >"$stage/completions/zion.fish"
# The time of the last commit, so that the same sources give the same package.
date=$(git log -1 --format=%cD 2>/dev/null || date -R)
cat >"$stage/debian/changelog" <<END
zion-proxy ($version) unstable; urgency=medium

  * See /usr/share/doc/zion-proxy for what is in this version.

 -- ZION proxy maintainers <maintainers@zion.invalid>  $date
END

(cd "$stage" && DEB_BUILD_OPTIONS="noautodbgsym nocheck" dpkg-buildpackage -b -us -uc) >&2
package=$(echo "$tree"/zion-proxy_*.deb)
mv "$package" "$output/"
echo "$output/$(basename "$package")"
