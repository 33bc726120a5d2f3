"""Test cases in YAML that others wrote for Camunda 8, from two suites."""

from __future__ import annotations

import pytest

from tests.conformance.scores import Score, suite
from tests.conformance.zeebe_spec import cases

FLOORS = {"zeebe-bpmn-tck": 12, "zeebe-spec": 20}
"""How many cases of each suite pass at least: all of them."""

MEANT_TO_FAIL = {
    "demo-fail-verification: fail-verification": "B is completed, which nobody did",
    "demo: has variable from task": "`x` is 1, where a job made it 2",
    "demo2: complete process": "the second instance is terminated, which nobody did",
}
"""Cases with which that suite shows how a failure looks, and what is wrong with each."""


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_every_verification_of_a_suite_is_met(name, score):
    result: Score = score(name)

    play_cases(name, result)

    result.must_pass(FLOORS[name])
    result.must_be_told()


def play_cases(name: str, result: Score) -> None:
    """Play every case of a suite; one that is meant to fail passes by failing."""
    for file in sorted(suite(name).rglob("*.yaml")):
        for title, play in cases(file):
            case = f"{file.stem}: {title}"
            difference = play.run()
            if (difference is not None) is (case in MEANT_TO_FAIL):
                result.passed.append(case)
            else:
                result.failed[case] = difference or "it is meant to fail, but it passed"
