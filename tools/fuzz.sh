#!/bin/sh
# Tries random expressions for some minutes, each round with other examples; stops at the first find.
# Usage: tools/fuzz.sh [MINUTES]. A find prints the seed of its round and how to see it again.
set -eu
cd "$(dirname "$0")/.."
minutes="${1:-10}"
end=$(($(date +%s) + minutes * 60))
seed=$(date +%s)
rounds=0
while [ "$(date +%s)" -lt "$end" ]; do
    seed=$((seed + 1))
    rounds=$((rounds + 1))
    left=$((end - $(date +%s)))
    echo "round $rounds, seed $seed, $left seconds left"
    BPMN_ENGINE_EFFORT="${BPMN_ENGINE_EFFORT:-3}" nice -n 10 .venv/bin/python -m pytest -q \
        -p no:cacheprovider --hypothesis-seed="$seed" \
        tests/properties/test_fuzz.py tests/properties/test_feel.py tests/properties/test_expressions.py
done
echo "$rounds rounds in $minutes minutes, nothing found"
