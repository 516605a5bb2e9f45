#!/bin/sh
# What the tests need from the machine: a browser, PostgreSQL, promtool, the library that
# orders Persian letters. As root installs what is missing; as anybody else ends at once
# with the one command an administrator runs.
set -eu

packages=""
need() { packages="$packages $1"; }
has() { command -v "$1" >/dev/null 2>&1; }

has chromium || has chromium-browser || has google-chrome || need chromium
has redis-server || need redis-server
has promtool || need prometheus
has initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || {
    # A plain user runs the server out of a wheel; initdb refuses root, and the account it
    # would have to run as cannot read root's own folders.
    [ "$(id -u)" -ne 0 ] || need postgresql
}
/sbin/ldconfig -p 2>/dev/null | grep -q 'libfribidi\.so\.0' || need libfribidi0
python3 -c 'import ensurepip, venv' 2>/dev/null || need python3-venv

[ -n "$packages" ] || exit 0
install="apt-get install --yes --no-install-recommends$packages"
if [ "$(id -u)" -ne 0 ]; then
    echo "The tests need:$packages. An administrator runs:" >&2
    echo "    sudo apt-get update && sudo $install" >&2
    exit 1
fi
has apt-get || { echo "The tests need:$packages; this machine has no apt-get to install them." >&2; exit 1; }
export DEBIAN_FRONTEND=noninteractive
# Packaged servers would start at once, on the ports of the machine; the tests start their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
fi
echo "installing$packages" >&2
apt-get update -qq
# shellcheck disable=SC2086 - a list of words
$install -qq >/dev/null
