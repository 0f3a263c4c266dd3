#!/bin/sh
# test.sh [pytest's arguments]: every test, or what the arguments pick (`--cov` measures what they cover).
set -eu
CHROMIUM=$(scripts/chromium.sh)
export CHROMIUM
[ -n "$CHROMIUM" ] || echo "No Chromium here: the browser tests do not run" >&2
# Two at a time, each on a PostgreSQL of its own. They have to agree on what there is to run, sets in their order too.
export PYTHONHASHSEED=0
[ $# -gt 0 ] || set -- --numprocesses=2 --dist=loadfile --no-loadscope-reorder
exec .venv/bin/pytest "$@"
