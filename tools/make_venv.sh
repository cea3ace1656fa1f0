#!/bin/sh
# Makes .venv and installs the project with its development tools. $1: the Python to use.
set -eu
python=$1

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Python 3.11 or later is needed; $("$python" --version) was found." >&2
    exit 1
fi

# Debian splits venv off: an interpreter without it cannot make an environment.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -q && apt-get install -q -y --no-install-recommends python3-venv
    else
        echo "Python's venv is missing. On Debian: apt-get install python3-venv" >&2
        exit 1
    fi
fi

[ -x .venv/bin/python ] || "$python" -m venv .venv
echo "Installing into .venv …"
.venv/bin/python -m pip install -q --disable-pip-version-check -e '.[dev]'
