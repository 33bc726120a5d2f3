"""The table of scores on the page: each test of a suite compares its own row."""

from tests.conformance.report import ASKS, table
from tests.conformance.scores import Counts, Score, told_counts, told_table


def test_the_table_is_as_the_report_writes_it():
    counts = told_counts()

    assert list(counts) == list(ASKS)
    assert told_table() == table(counts)


def test_every_end_of_a_case_has_its_column():
    score = Score(
        "x",
        passed=["a", "b"],
        failed={"c": "why"},
        refused={"d": "why"},
        deviating={"e": "why", "f": "why"},
    )

    assert score.counts() == Counts(passed=2, total=6, refused=1, deviating=2, failed=1)
