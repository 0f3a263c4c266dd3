#!/bin/sh
# Writes the lock files: for Python 3.11 to 3.14 on Linux and macOS, with the hashes of every file of a version and no address.
# `make lock` keeps what is pinned unless pyproject.toml asks for more; `make lock UPGRADE=1` takes the newest.
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch"
"$scratch/bin/pip" install --quiet --disable-pip-version-check uv==0.13.9

lock() {
    "$scratch/bin/uv" pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --no-emit-index-url --no-emit-find-links ${UPGRADE:+--upgrade} "$@"
}
lock pyproject.toml --group build --output-file requirements.lock
lock --group dev --constraint requirements.lock --output-file requirements-dev.lock
lock --group fuzz --output-file requirements-fuzz.lock
lock --group node --output-file requirements-node.lock
if command -v npm >/dev/null; then
    npm install --package-lock-only --silent
    npm install --package-lock-only --silent --prefix tests/node
    npm install --package-lock-only --silent --prefix tests/api/clients
fi
