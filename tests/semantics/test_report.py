"""The pages about clause 13 and the workflow patterns are as the tests say."""

from __future__ import annotations

from tests.semantics.report import (
    DOCS,
    PATTERN_COUNT,
    patterns,
    patterns_page,
    semantics_page,
    sentences,
    undocumented,
)

AGAIN = "run python -m tests.semantics.report"
SECTIONS = [
    "13.2",
    *(f"13.3.{number}" for number in range(1, 8)),
    *(f"13.4.{number}" for number in range(1, 6)),
    *(f"13.5.{number}" for number in range(1, 7)),
]


def test_the_page_of_clause_13_is_not_stale():
    assert (DOCS / "semantics.md").read_text(encoding="utf-8") == semantics_page(), AGAIN


def test_the_page_of_patterns_is_not_stale():
    assert (DOCS / "patterns.md").read_text(encoding="utf-8") == patterns_page(), AGAIN


def test_every_section_has_its_file_and_its_sentences_are_counted():
    found = sentences()

    assert [title.split()[0] for title in found] == SECTIONS
    for title, one_section in found.items():
        assert {sentence.section for sentence in one_section} == {title.split()[0]}
        orders = [sentence.order for sentence in one_section]
        assert orders == list(range(1, len(orders) + 1)), title


def test_every_pattern_has_its_test():
    assert [pattern.number for pattern in patterns()] == list(range(1, PATTERN_COUNT + 1))


def test_every_test_names_its_sentence_or_pattern():
    assert undocumented() == []
