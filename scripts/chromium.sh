#!/bin/sh
# Prints the path of a Chromium for the browser tests: CHROMIUM, the machine's own, or Debian's, installed where we are root.
# The one without windows comes first: it takes half the processor's time.
# Prints nothing where there is none; the browser tests then say that they did not run.
set -eu

find_chromium() {
    for name in "${CHROMIUM:-}" chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Chromium.app/Contents/MacOS/Chromium" \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
        if [ -n "$name" ] && command -v "$name"; then return 0; fi
    done
    return 1
}

install_chromium() {
    echo "Installing Debian's chromium-headless-shell for the browser tests"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -qq --yes --no-install-recommends chromium-headless-shell fonts-dejavu-core
}

find_chromium && exit 0
if [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ] && command -v apt-get >/dev/null; then
    install_chromium >&2 || echo "Chromium could not be installed" >&2
fi
find_chromium || true
