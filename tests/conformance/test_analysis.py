"""The static analysis on diagrams that other people drew: what it warns of is really so."""

from __future__ import annotations

from pathlib import Path

import pytest

from bpmn_engine.model.definitions import Definitions, Severity
from bpmn_engine.service.deploying import check_file
from tests.conformance.test_parser_suites import FLOORS, diagrams

SHIPPED = Path(__file__).parents[2] / "processes"
MOST_BYTES = 10_000_000

RULES = {
    "deadlock",
    "lack-of-synchronisation",
    "unreachable",
    "never-taken",
    "no-default-flow",
    "unset-variable",
    "soundness-not-decided",
}

TRUE_WARNINGS = {
    # Tokens of a parallel split, or of flows without conditions, meet without a join.
    "betsy/activities/Token_Cardinality_Split_Default": {("lack-of-synchronisation", "receive")},
    "betsy/gateways/ParallelDiverging_ExclusiveConverging": {
        ("lack-of-synchronisation", "ExclusiveGateway_2")
    },
    "zeebe-bpmn-tck/asymmetric-parallel-gateway": {("lack-of-synchronisation", "Gateway_0bl69fy")},
    # One of two signals is waited for; after the other one the join lacks a token.
    "betsy/gateways/EventBasedGateway_Signals": {("deadlock", "ParallelGateway_2")},
    # A state may be none of those that the conditions name; a flag may be missing.
    "hmcts-civil/create_claim_spec_after_payment": {
        ("no-default-flow", "Gateway_1i24lv3"),
        ("no-default-flow", "Gateway_0v9sl34"),
    },
    "hmcts-civil/judgment_by_admission_non_divergent_spec": {
        ("no-default-flow", "Gateway_08rlyk5")
    },
    # Drawings whose exclusive gateways have no conditions.
    "miwg/C.5.0-export": {("never-taken", "_85e7b9fa-ab6c-44b2-b34f-9b8661564be8")},
    "miwg/C.5.0-roundtrip": {("never-taken", "_080399c9-3c91-44c6-b510-80367e23a5af")},
    "miwg/A.2.0-roundtrip": {("never-taken", "_9x0k0LZ1EeawX8E3Bjsrfw")},
}
"""Every warning on a diagram of the suites that can be deployed; each was looked at."""


def warned(path: Path) -> set[tuple[str, str | None]] | None:
    """Return what the analysis warns of in a file; None when it may not be deployed."""
    checked = check_file(path.read_bytes(), path.name, MOST_BYTES)
    if not isinstance(checked, Definitions):
        return None
    return {
        (found.rule, found.element_id)
        for found in checked.warnings
        if found.rule in RULES and found.severity is Severity.WARNING
    }


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_only_what_is_so_is_warned_of(name):
    found = {}
    for path in diagrams(name):
        if path.parent.name != "invalid" and (warnings := warned(path)):
            group = f"{name}/{path.parent.name}" if name == "betsy" else name
            found[f"{group}/{path.stem}"] = warnings

    expected = {case: rows for case, rows in TRUE_WARNINGS.items() if case.startswith(f"{name}/")}
    unexpected = {case: rows for case, rows in found.items() if expected.get(case) != rows}
    assert unexpected == {}


@pytest.mark.parametrize("path", sorted(SHIPPED.rglob("*.bpmn")), ids=lambda path: path.stem)
def test_the_shipped_processes_are_warned_of_nothing(path):
    assert warned(path) == set()
