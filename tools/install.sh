#!/bin/sh
# Creates .venv and installs the locked versions: `install.sh runtime` or `install.sh dev`.
set -eu
cd "$(dirname "$0")/.."
what=${1:?Expected runtime or dev}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then sudo -n "$@"
    else return 1
    fi
}

find_python() {
    for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    echo "Expected Python 3.11 or newer, but found none. Install it, or name it: make PYTHON=/path/to/python3" >&2
    exit 1
}

if [ ! -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    echo "Creating .venv with $("$python" --version)"
    if ! "$python" -m venv .venv >/dev/null 2>&1; then
        # Debian and Ubuntu ship venv apart from Python.
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        echo "Installing the system's package python$version-venv"
        as_root apt-get update -qq || true
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "python$version-venv" >/dev/null || {
            echo "Expected the package python$version-venv; install it: apt-get install python$version-venv" >&2
            exit 1
        }
        rm -rf .venv
        "$python" -m venv .venv
    fi
fi

if [ "$what" = dev ]; then lock=requirements/dev.lock; else lock=requirements/runtime.lock; fi
echo "Installing $what packages (locked)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$lock"
if [ "$what" = runtime ]; then
    echo "Installing the application and building its front end (a minute at the first time)"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
    touch .venv/.runtime
else
    touch .venv/.dev
fi
