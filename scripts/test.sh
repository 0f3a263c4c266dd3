#!/bin/sh
# test.sh [pytest's arguments]: every test. Without arguments it measures what they cover, too.
set -eu
CHROMIUM=$(scripts/chromium.sh)
export CHROMIUM
[ -n "$CHROMIUM" ] || echo "No Chromium here: the browser tests do not run" >&2
[ $# -gt 0 ] || set -- --cov --cov-report=term:skip-covered
exec .venv/bin/pytest "$@"
