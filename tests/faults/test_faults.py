"""A few rounds of real faults; `python -m tests.faults --rounds 200` for many."""

import os

from tests.faults.__main__ import report
from tests.faults.rounds import run_rounds
from tests.faults.servers import NotInstalledError
from tests.missing import missing

ROUNDS = int(os.environ.get("BPMN_ENGINE_FAULT_ROUNDS", "3"))


def test_real_faults_lose_nothing_and_do_nothing_twice():
    try:
        findings = run_rounds(ROUNDS, seed=3)
    except NotInstalledError as error:
        missing(str(error))

    assert findings.violations == [], report(findings)
    assert sum(findings.faults.values()) == ROUNDS
    assert findings.started_count > 0
    assert findings.effect_count > 0
