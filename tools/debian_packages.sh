#!/bin/sh
# Installs the Debian packages of the end-to-end tests: only those that are missing, and only where
# the user may. Elsewhere it says which are missing; the tests that need them are skipped by name.
set -eu

packages=""
need() { # command, package
    command -v "$1" >/dev/null 2>&1 || packages="$packages $2"
}
PATH=$PATH:/usr/sbin:/sbin
need sipp sip-tester
need baresip baresip-core
need ip iproute2
need nft nftables
need tcpdump tcpdump
need turnutils_uclient coturn
need kamailio kamailio
need rtpengine rtpengine-daemon
need chromium chromium
need node nodejs
need npm npm
need linphonec linphone-cli
ls /usr/lib/*/kamailio/modules/presence_xml.so >/dev/null 2>&1 || packages="$packages kamailio-presence-modules"

[ -n "$packages" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing for the tests:$packages"
    export DEBIAN_FRONTEND=noninteractive
    # The tests start what they need themselves: none is to start as a service, on ports of its own.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
    fi
    apt-get update -q >/dev/null
    # shellcheck disable=SC2086  # one word a package
    apt-get install -q -y --no-install-recommends $packages >/dev/null
else
    echo "MISSING for the end-to-end tests:$packages (their tests will be skipped, by name)" >&2
fi
