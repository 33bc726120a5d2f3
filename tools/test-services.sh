#!/bin/sh
# Installs PostgreSQL, Redis and Chromium from the system's packages where absent and permitted.
# What stays missing makes its tests fail in CI (CI=true) and skip, with a word, elsewhere.
set -eu

missing=""
if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then missing="$missing postgresql"; fi
if ! command -v redis-server >/dev/null 2>&1; then missing="$missing redis-server"; fi
if ! command -v chromium >/dev/null 2>&1 && ! command -v chromium-browser >/dev/null 2>&1 &&
    ! command -v google-chrome >/dev/null 2>&1; then
    missing="$missing chromium fonts-noto-core"
fi
if [ -z "$missing" ]; then exit 0; fi

if ! command -v apt-get >/dev/null 2>&1; then
    echo "Not installed, and no apt-get to do it with:$missing. Their tests will skip (or fail in CI)." >&2
    exit 0
fi
if [ "$(id -u)" = 0 ]; then run=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then run="sudo -n"
else
    echo "Not installed, and not permitted to:$missing. Their tests will skip (or fail in CI)." >&2
    exit 0
fi
echo "Installing for the tests:$missing"
$run apt-get update -qq
# shellcheck disable=SC2086 — a list of packages
$run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
