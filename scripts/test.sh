#!/bin/sh
# test.sh pytest's arguments: the tests that they pick (`--cov` measures what they cover).
set -eu
# Processes have to agree on what there is to run, sets in their order too.
export PYTHONHASHSEED=0
exec .venv/bin/pytest "$@"
