"""The DMN test kit: level 2, level 3, and what the kit itself calls non-compliant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.dmn_tck import KIT, folders, play_folder
from tests.conformance.scores import Score, suite

GROUPS = {
    "compliance-level-2": "dmn-tck level 2",
    "compliance-level-3": "dmn-tck level 3",
    "non-compliant": "dmn-tck non-compliant",
}
"""The folders of the kit, and the titles of their scores."""

FLOORS = {"compliance-level-2": 116, "compliance-level-3": 2501, "non-compliant": 42}
"""How many cases of each group pass at least."""

FOLDERS = [(group, folder) for group in GROUPS for folder in folders(group)]


@pytest.mark.parametrize(
    "folder", [folder for _, folder in FOLDERS], ids=[f"{g}/{f.name}" for g, f in FOLDERS]
)
def test_every_case_of_a_folder_has_the_expected_result(folder: Path) -> None:
    result = Score(folder.name)

    play_folder(folder, result)

    result.must_pass(floor=1)


@pytest.mark.parametrize("group", GROUPS)
def test_no_fewer_cases_of_a_group_pass(group, score):
    result: Score = score(GROUPS[group])

    play_group(group, result)

    result.must_pass(FLOORS[group])
    result.must_be_told()


def play_group(group: str, result: Score) -> None:
    """Run every case of a group."""
    suite(KIT)
    for folder in folders(group):
        play_folder(folder, result)
