"""Shows the scores of the public suites in pytest's summary."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conformance.scores import Score

_SCORES = pytest.StashKey[dict[str, Score]]()


@pytest.fixture
def score(request: pytest.FixtureRequest) -> Callable[[str], Score]:
    """Open a score that the summary will show."""
    scores = request.config.stash.setdefault(_SCORES, {})

    def open_score(title: str) -> Score:
        scores[title] = Score(title)
        return scores[title]

    return open_score


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print `suite group: passed/total` and each case that does not pass, by name."""
    scores = config.stash.get(_SCORES, {})
    if scores:
        terminalreporter.section("conformance")
    for one in scores.values():
        for line in one.lines():
            terminalreporter.write_line(line)
