"""Hands the scores of the public suites to pytest's summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.conformance.scores import Score


@pytest.fixture
def score(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Score]]:
    """Open a score that the summary will show."""
    scores: list[Score] = []

    def open_score(title: str) -> Score:
        scores.append(Score(title))
        return scores[-1]

    yield open_score

    # Properties travel with the test's report, also from another process.
    lines = [line for one in scores for line in one.lines()]
    request.node.user_properties.append(("scores", lines))
