#!/bin/sh
# test.sh ARGUMENTS: runs pytest with them (`--cov` measures what the tests cover).
set -eu
# Processes have to agree on what there is to run, sets in their order too.
export PYTHONHASHSEED=0
exec .venv/bin/pytest "$@"
