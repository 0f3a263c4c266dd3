#!/bin/sh
# check.sh: every check, no test. Types take as long as the others, and are checked beside them.
# Those are in the order in which they fail fastest.
set -eu
PATH="$PWD/.venv/bin:$PATH"
mypy &
types=$!
trap 'kill "$types" 2>/dev/null || true' EXIT
set -x
ruff format --check --quiet
ruff check --quiet
codespell admin api commands docs edge records scripts server.py schema.graphql *.md
python -m scripts.terms
lint-imports
djlint --check --lint --quiet admin api/guide/templates
trap - EXIT
wait "$types"
