#!/bin/sh
# Installs what the tests with a real browser need from the npm registry, as the lock names it, into
# build/browser. Where that cannot be done it says so, and the tests are skipped, by name.
set -eu
from=tests/e2e/browser
to=build/browser

missing() {
    echo "MISSING for the tests with a browser: $1 (they will be skipped, by name)" >&2
    exit 0
}
command -v node >/dev/null || missing node
command -v npm >/dev/null || missing npm

mkdir -p "$to"
if ! cmp -s "$from/package-lock.json" "$to/installed"; then
    cp "$from/package.json" "$from/package-lock.json" "$to"
    echo "Installing for the tests with a browser: JsSIP, SIP.js, playwright-core"
    npm ci --prefix "$to" --ignore-scripts --no-audit --no-fund >/dev/null || missing "npm packages"
    cp "$from/package-lock.json" "$to/installed"
fi
NODE_PATH="$PWD/$to/node_modules" "$to/node_modules/.bin/esbuild" "$from/phone.js" --bundle --format=iife --log-level=warning \
    --outfile="$to/phone.js" || missing "the bundle of the phone"
