"""The betsy suite: one feature a model, with the expected trace of each case."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from bpmn_engine.model.definitions import Severity, Violation
from tests.conformance.betsy import Play
from tests.conformance.scores import Score, suite
from tests.conformance.world import RefusedError, deploy, reasons

FLOORS = {
    "activities": 22,
    "basics": 6,
    "cfpatterns": 21,
    "data": 2,
    "errors": 8,
    "events": 37,
    "gateways": 14,
}
"""How many models of each group pass at least; raise them as the engine learns more."""

REFUSED_FLOOR = 140
"""Every invalid model is refused by a rule about its mistake."""

DEVIATING = {
    **dict.fromkeys(
        ("AdHocSubProcess_Parallel", "AdHocSubProcess_Sequential"),
        "the last task of the model writes SCRIPT_task1 where the case expects SCRIPT_task3",
    ),
    **dict.fromkeys(
        (
            "MultiInstance_ComplexBehavior",
            "MultiInstance_NoneBehavior",
            "MultiInstance_OneBehavior",
            "WCP09_Structured_Discriminator_MultiInstance",
            "WCP12_MultipleInstancesWithoutSynchronization",
        ),
        "the boundary event that catches what the instances throw does not set cancelActivity to "
        "false, so that it interrupts the activity (sections 10.5.4 and 13.5.3)",
    ),
    "Timer_IntermediateTimeCycleEvent": (
        "one token waits once: an intermediate event with a cycle fires at its first occurrence "
        "(section 13.5.2)"
    ),
}
"""Where we do otherwise than the suite expects, and why; also in docs/conformance.md."""

MARKER = "MARKER_exists"
"""The suite looks for the marker file only where it expects one."""

NOT_YET = "unsupported-element"


def models(kind: str) -> list[dict[str, Any]]:
    """Return the models of the suite."""
    found: list[dict[str, Any]] = json.loads((suite("betsy") / "cases.json").read_text())[kind]
    return found


@pytest.mark.parametrize("group", sorted(FLOORS))
def test_processes_leave_the_expected_trace(group, score):
    result: Score = score(f"betsy {group}")

    play_group(group, result)

    result.must_pass(FLOORS[group])
    result.must_be_told()


def play_group(group: str, result: Score) -> None:
    """Play every model of a group."""
    folder = suite("betsy")
    for model in models("behaviour"):
        if model["group"] == group:
            judge(model, folder, result)


def judge(model: dict[str, Any], folder: Path, result: Score) -> None:
    """Play every case of a model and note what came of it."""
    name = model["id"]
    xml = (folder / model["file"]).read_bytes()
    differences = []
    for case in model["cases"]:
        expected = sorted(case["expected_trace_multiset"])
        try:
            play = Play(xml, case["variables"])
        except RefusedError as refused:
            if expected == ["ERROR"] and not is_not_yet(refused):
                continue
            result.refused[name] = reasons(refused)
            return
        found = looked_for(
            play.run(case["start"], dt.timedelta(milliseconds=case["delay_ms"])), expected
        )
        if expected == ["ERROR"] and any(token.startswith("ERROR") for token in found):
            continue
        if found != expected:
            differences.append(f"case {case['number']} expected {expected}, got {found}")
    if not differences:
        result.passed.append(name)
    elif name in DEVIATING:
        result.deviating[name] = DEVIATING[name]
    else:
        result.failed[name] = "; ".join(differences)


def looked_for(found: list[str], expected: list[str]) -> list[str]:
    """Return the trace without the marker, unless the case looks for it."""
    return [token for token in found if token != MARKER or MARKER in expected]


def test_models_that_break_a_rule_are_refused_by_a_rule_about_the_mistake(score):
    result: Score = score("betsy invalid")

    nameless = deploy_invalid(result)

    assert not nameless
    result.must_pass(REFUSED_FLOOR)
    result.must_be_told()


def deploy_invalid(result: Score) -> list[str]:
    """Deploy every invalid model; return what was refused without naming an element."""
    folder = suite("betsy")
    nameless: list[str] = []
    for model in models("invalid"):
        try:
            deploy((folder / model["file"]).read_bytes())
        except RefusedError as refused:
            broken = [v for v in refused.violations if is_error(v) and v.rule != NOT_YET]
            nameless += [v.message for v in broken if v.element_id is None or v.line is None]
            if broken:
                result.passed.append(model["id"])
            else:
                result.refused[model["id"]] = "only because an element is not executed yet"
        else:
            result.failed[model["id"]] = "accepted"
    return nameless


def is_not_yet(refused: RefusedError) -> bool:
    """Tell whether nothing but missing features stands against the model."""
    return all(v.rule == NOT_YET for v in refused.violations if is_error(v))


def is_error(found: Violation) -> bool:
    """Tell whether a violation stops the deployment."""
    return found.severity is Severity.ERROR
