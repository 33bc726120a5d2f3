"""The parts of docs/style.md that a test can check."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("bpmn_engine", "adapters", "web", "processes")
MODULES = sorted(
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "node_modules" not in path.parts
)
FORBIDDEN = {"utils", "helpers", "common", "base", "manager", "misc", "info"}
DOCS = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_one_noun_of_at_most_400_lines(module):
    text = module.read_text()

    assert len(text.splitlines()) <= 400
    assert module.stem not in FORBIDDEN
    assert "TYPE_CHECKING" not in text, "a cycle: move the thing"


@pytest.mark.parametrize(
    "module",
    [path for path in MODULES if path.name != "__init__.py"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_a_module_begins_by_saying_what_it_is(module):
    assert module.read_text().lstrip("r").startswith('"""')


@pytest.mark.parametrize("page", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_between_pages_leads_somewhere(page):
    links = re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text())

    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []


def test_every_decision_is_listed():
    index = (ROOT / "docs/decisions/README.md").read_text()
    pages = {path.name for path in (ROOT / "docs/decisions").glob("0*.md")}

    assert pages == set(re.findall(r"\((\d{4}-[a-z0-9-]+\.md)\)", index))
