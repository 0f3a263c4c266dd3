#!/bin/sh
# environment.sh LOCK...: the virtual environment .venv with exactly what the lock files pin, and the project itself.
set -eu
# PostgreSQL, started by root, runs as another user, who has to be able to read its programs.
umask 022
python=${PYTHON:-python3}

"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' || {
    echo "Ketnoi needs Python 3.11 to 3.14; $python is $("$python" -V 2>&1). Choose another: make PYTHON=python3.12 ..." >&2
    exit 1
}
"$python" -c 'import ensurepip, venv' 2>/dev/null || {
    echo "This Python cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2
    exit 1
}
# An environment that was moved, or whose Python is gone, is made anew.
[ -x .venv/bin/python ] && [ "$(.venv/bin/python -c 'import sys; print(sys.prefix)' 2>/dev/null)" = "$(pwd -P)/.venv" ] ||
    "$python" -m venv --clear .venv

export PIP_DISABLE_PIP_VERSION_CHECK=1
for lock in "$@"; do
    echo "Installing $lock"
    # A lock file names everything: what pip would add to it, it takes for something without a hash.
    .venv/bin/python -m pip install --quiet --no-deps --require-hashes --requirement "$lock"
done
.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
