#!/usr/bin/env bash
# Installs a package of zion in a clean Debian root, starts it as its unit does, asks it, removes it, purges it.
# Installs debootstrap and lintian, if they are missing. Needs root, for a chroot; no systemd runs in it.
# Usage: Tests/tools/deb-check.sh PACKAGE.deb
#   ZION_DEBIAN_ROOT  a tar file of a clean root; made there, by debootstrap, when it is missing
set -euo pipefail
package=$(realpath "$1")
here=$(cd "$(dirname "$0")/../.." && pwd)
"$here/Tests/tools/setup.sh" debootstrap lintian
[ "$(id -u)" -eq 0 ] || {
  echo "deb-check: a chroot needs root" >&2
  exit 1
}

work=$(mktemp -d "${TMPDIR:-/tmp}/zion-deb-check.XXXXXX")
server=
cleanup() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  umount "$work/root/proc" 2>/dev/null || true
  rm -rf --one-file-system "$work"
}
trap cleanup EXIT
fail() {
  echo "deb-check: $1" >&2
  tail -n 20 "$work/run.log" >&2 2>/dev/null || true
  exit 1
}
step() { echo "deb-check: $1"; }

step "lintian"
lintian --fail-on error --suppress-tags no-manual-page,statically-linked-binary,embedded-library "$package" ||
  fail "lintian found errors"

base=${ZION_DEBIAN_ROOT:-$work/base.tar}
if [ ! -e "$base" ]; then
  step "a clean root (debootstrap)"
  debootstrap --variant=minbase bookworm "$work/base" http://deb.debian.org/debian >"$work/debootstrap.log" ||
    fail "debootstrap: $(tail -n 3 "$work/debootstrap.log")"
  tar -C "$work/base" -cf "$base" .
  rm -rf "$work/base"
fi
mkdir "$work/root"
tar -C "$work/root" -xf "$base"
root=$work/root
mount -t proc proc "$root/proc"
cp /etc/resolv.conf "$root/etc/resolv.conf"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
cp "$package" "$root/tmp/zion.deb"
in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }

step "install"
in_root apt-get update -qq
in_root apt-get install -y -qq --no-install-recommends /tmp/zion.deb >"$work/install.log" 2>&1 ||
  fail "install: $(tail -n 5 "$work/install.log")"
in_root getent passwd zion >/dev/null || fail "there is no user zion"
for file in usr/bin/zion etc/zion/zion.yaml etc/zion/policies/default.yaml etc/zion/zion.token \
  lib/systemd/system/zion.service etc/logrotate.d/zion usr/share/bash-completion/completions/zion \
  usr/share/man/man1/zion.1.gz usr/share/man/man1/zion-policy-check.1.gz usr/share/doc/zion-proxy/copyright \
  usr/share/zsh/vendor-completions/_zion usr/share/fish/vendor_completions.d/zion.fish \
  usr/share/doc/zion-proxy/examples/farm.example.yaml; do
  [ -e "$root/$file" ] || [ -e "$root/usr/$file" ] || [ -e "$root/$file.gz" ] || fail "/$file is not in the package"
done
[ "$(stat -c %a "$root/etc/zion/zion.token")" = 640 ] || fail "the token is open to others"
[ "$(stat -c %a "$root/etc/zion/zion.yaml")" = 640 ] || fail "the configuration is open to others"
missing=$(in_root sh -c 'ldd /usr/bin/zion | grep "not found" || true')
[ -z "$missing" ] || fail "the binary misses libraries: $missing"
in_root zion config check /etc/zion/zion.yaml >/dev/null || fail "the configuration has mistakes"

# A network of its own, in which the ports are free: what the unit does, without systemd.
start() {
  unshare --net bash -c "ip link set lo up 2>/dev/null || ifconfig lo up
    echo \$\$ >'$work/pid'
    exec chroot --userspec=zion:zion '$root' /usr/bin/env -i PATH=/usr/bin:/bin HOME=/var/lib/zion \
      sh -c 'cd /var/lib/zion && exec /usr/bin/zion run --config /etc/zion/zion.yaml'" >>"$work/run.log" 2>&1 &
  server=$!
  for _ in $(seq 150); do
    [ ! -s "$work/pid" ] || ! beside zion pools >/dev/null 2>&1 || return 0
    kill -0 "$server" 2>/dev/null || fail "zion run ended"
    sleep 0.2
  done
  fail "the API does not answer: $(beside zion pools 2>&1 || true)"
}
beside() { nsenter --net -t "$(cat "$work/pid")" chroot --userspec=zion:zion "$root" env -i PATH=/usr/bin:/bin "$@"; }
stop() {
  kill -TERM "$server"
  wait "$server" || fail "zion run ended with $? after SIGTERM"
  server=
}

step "start, ask, stop"
start
beside zion status >"$work/status.txt" || fail "zion status: $(cat "$work/status.txt")"
grep -q '^zion .* at 0.0.0.0:3333' "$work/status.txt" || fail "zion status says $(head -n 1 "$work/status.txt")"
beside zion move --to auto --token-file /etc/zion/zion.token >/dev/null || fail "the token is not taken"
beside zion doctor --config /etc/zion/zion.yaml >"$work/doctor.txt" || fail "zion doctor: $(cat "$work/doctor.txt")"
stop
[ -e "$root/var/lib/zion/pool.sqlite" ] || fail "there is no database in /var/lib/zion"

step "install again, which changes nothing"
token=$(cat "$root/etc/zion/zion.token")
echo "# mine" >>"$root/etc/zion/zion.yaml"
in_root dpkg -i /tmp/zion.deb >"$work/again.log" 2>&1 || fail "again: $(tail -n 5 "$work/again.log")"
[ "$(cat "$root/etc/zion/zion.token")" = "$token" ] || fail "the token was made anew"
grep -q '^# mine' "$root/etc/zion/zion.yaml" || fail "the operator's configuration was overwritten"
start
stop

step "remove keeps data, purge takes everything"
in_root apt-get remove -y -qq zion-proxy >"$work/remove.log" 2>&1 || fail "remove: $(tail -n 5 "$work/remove.log")"
[ ! -e "$root/usr/bin/zion" ] || fail "the binary is still there"
[ -e "$root/var/lib/zion/pool.sqlite" ] || fail "remove took the data"
[ -e "$root/etc/zion/zion.yaml" ] || fail "remove took the configuration"
in_root apt-get purge -y -qq zion-proxy >"$work/purge.log" 2>&1 || fail "purge: $(tail -n 5 "$work/purge.log")"
left=$(find "$root/var/lib/zion" "$root/var/log/zion" "$root/etc/zion" 2>/dev/null || true)
[ -z "$left" ] || fail "purge left $left"
! in_root getent passwd zion >/dev/null || fail "purge left the user"
echo "deb-check: OK $(basename "$package") ($(stat -c %s "$package") bytes) installs, starts, is removed and purged"
