#!/bin/sh
# Runs every check and says at the end which failed.
set -u
cd "$(dirname "$0")/.."
bin=.venv/bin
failed=""

run() {
    name=$1
    shift
    echo "== $name"
    "$@" || failed="$failed $name"
}

run "ruff-format" $bin/ruff format --check .
run "ruff" $bin/ruff check .
run "codespell" $bin/codespell
run "mypy" $bin/mypy
run "import-linter" $bin/lint-imports
run "simulation" $bin/python -m tests.simulation --seeds "${SIMULATION_SEEDS:-1000}" --processes 2
# A file's tests stay together and in their order, so that they share what they start.
run "pytest" $bin/python -m pytest -n logical --maxprocesses 4 \
    --dist loadfile --no-loadscope-reorder "$@"

if [ -n "$failed" ]; then
    echo "FAILED:$failed" >&2
    exit 1
fi
echo "All checks passed."
