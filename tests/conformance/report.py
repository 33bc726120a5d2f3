"""Writes the table of scores into docs/conformance.md: `python -m tests.conformance.report`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from tests.conformance import (
    test_betsy,
    test_dmn_tck,
    test_expressions,
    test_hmcts_civil,
    test_parser_suites,
    test_token_simulation,
    test_zeebe_spec,
)
from tests.conformance.scores import CLOSING, OPENING, PAGE, Counts, Score

_MAY_BE_DEPLOYED = "may be deployed as they are; each id and extension is accounted for"

ASKS = {
    "betsy activities": "one feature a model, expected trace",
    "betsy basics": "",
    "betsy cfpatterns": "workflow patterns",
    "betsy data": "",
    "betsy errors": "models that go wrong",
    "betsy events": "",
    "betsy gateways": "",
    "betsy, together": "",
    "betsy invalid": "models that break one rule are refused by it, naming the element",
    "hmcts-civil": "production processes of a court service, Camunda 7: cases of a black box",
    "token-simulation": "which elements and flows a token leaves",
    "zeebe-bpmn-tck": "instances of Camunda 8 diagrams: states, variables and incidents verified",
    "zeebe-spec": "the same; three cases are meant to fail, and do",
    "dmn-tck level 2": "the test kit of DMN: decision tables and simple expressions",
    "dmn-tck level 3": "all of FEEL and of boxed expressions, two thirds of the folders",
    "dmn-tck non-compliant": "what the kit itself says the standard leaves open",
    "betsy, files": _MAY_BE_DEPLOYED,
    "hmcts-civil, files": "",
    "token-simulation, files": "most are not declared executable",
    "zeebe-bpmn-tck, files": "",
    "zeebe-spec, files": "",
    "camunda7-examples, files": "",
    "miwg, files": "most are drawings that are not executable",
    "camunda7-moddle-fixtures, files": "",
    "camunda8-moddle-fixtures, files": "",
    "camunda7-moddle-fixtures, fragments": "one extension each, put into a file",
    "camunda8-moddle-fixtures, fragments": "",
    "camunda7-examples, expressions": "each is compiled, or refused with line and column",
    "hmcts-civil, expressions": "",
    "miwg, expressions": "",
    "camunda7-moddle-fixtures, expressions": "",
    "camunda8-moddle-fixtures, expressions": "",
    "zeebe-spec, expressions": "",
}
"""What each suite asks, by the title of its score, in the order of the table."""

TOGETHER = "betsy, together"
_HEAD = (
    "| suite | what it asks | passed | refused | deviating | failed |\n|---|---|---|---|---|---|\n"
)


def main() -> None:
    """Run the suites and write their scores between the marks of the page."""
    counts = {score.title: score.counts() for score in played()}
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(OPENING)
    _, _, after = rest.partition(CLOSING)
    PAGE.write_text(f"{before}{OPENING}\n{table(counts)}\n{CLOSING}{after}", encoding="utf-8")


def played() -> Iterator[Score]:
    """Run every suite; yield the scores."""
    for title, play in _plays().items():
        score = Score(title)
        play(score)
        yield score


def table(counts: Mapping[str, Counts]) -> str:
    """Return the table of these scores."""
    groups = [counts[f"betsy {group}"] for group in test_betsy.FLOORS]
    together = sum(groups, start=Counts(passed=0, total=0))
    rows = dict(counts) | {TOGETHER: together}
    return _HEAD + "\n".join(_row(title, rows[title]) for title in ASKS)


def _plays() -> dict[str, Callable[[Score], object]]:
    plays: dict[str, Callable[[Score], object]] = {
        f"betsy {group}": partial(test_betsy.play_group, group) for group in test_betsy.FLOORS
    }
    plays["betsy invalid"] = test_betsy.deploy_invalid
    plays["hmcts-civil"] = test_hmcts_civil.play_cases
    plays["token-simulation"] = test_token_simulation.play_cases
    for name in test_zeebe_spec.FLOORS:
        plays[name] = partial(test_zeebe_spec.play_cases, name)
    for name, title in test_dmn_tck.GROUPS.items():
        plays[title] = partial(test_dmn_tck.play_group, name)
    for name in test_parser_suites.FLOORS:
        plays[f"{name}, files"] = partial(test_parser_suites.account_for, name)
    for name in test_expressions.FLOORS:
        plays[f"{name}, expressions"] = partial(test_expressions.compile_all, name)
    for name in test_parser_suites.FRAGMENT_FLOORS:
        plays[f"{name}, fragments"] = partial(test_parser_suites.account_for_fragments, name)
    return plays


def _row(title: str, counts: Counts) -> str:
    others = (counts.refused, counts.deviating, counts.failed)
    cells = [title, ASKS[title], f"{counts.passed} of {counts.total}"]
    cells += [str(count or "") for count in others]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
