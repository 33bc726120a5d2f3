"""The table of what Camunda's clients are seen doing names tests, and is in the docs."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TABLE = tomllib.loads((ROOT / "tests/clients/features.toml").read_text(encoding="utf-8"))
LOCKED = ("seven", "eight")


@cache
def named_tests(file: str) -> frozenset[str]:
    """Return the names of the tests in a file beside this one."""
    tree = ast.parse((Path(__file__).parent / file).read_text(encoding="utf-8"))
    return frozenset(each.name for each in tree.body if isinstance(each, ast.FunctionDef))


def written() -> list[str]:
    """Return the rows that the page must have."""
    return [
        f"| {feature} | {' | '.join('yes' if '::' in one else one[1:] for one in cells)} |"
        for feature, cells in TABLE["features"].items()
    ]


@pytest.mark.parametrize("feature", TABLE["features"])
def test_each_cell_names_a_test_or_says_why_there_is_none(feature: str) -> None:
    cells = TABLE["features"][feature]

    assert len(cells) == len(TABLE["clients"])
    for cell in cells:
        file, _, test = cell.partition("::")
        assert cell.startswith("-") or test in named_tests(file), cell


def test_the_page_has_the_table() -> None:
    page = (ROOT / "docs/camunda.md").read_text(encoding="utf-8")

    rows = [row for row in page.splitlines() if row in set(written())]
    assert rows == written()


def test_the_page_names_the_releases_that_are_installed() -> None:
    page = (ROOT / "docs/camunda.md").read_text(encoding="utf-8")
    node: dict[str, str] = {}
    for folder in LOCKED:
        file = ROOT / "tests/clients" / folder / "package.json"
        node |= json.loads(file.read_text(encoding="utf-8"))["dependencies"]

    for client in TABLE["clients"]:
        name, _, release = client.rpartition(" ")
        installed = node.get(name) or version(re.sub(r"^camunda_", "camunda-", name))
        assert installed == release
        assert client in page
