"""Every rule of the analysis is explained in its page."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_rule_is_explained():
    sources = [path.read_text() for path in (ROOT / "bpmn_engine/analysis").glob("*.py")]
    rules = {
        rule
        for text in sources
        for rule in re.findall(r"subject\.(?:warning|information)\(\s*\"([\w-]+)\"", text)
    }

    page = (ROOT / "docs/analysis.md").read_text()
    headings = " ".join(re.findall(r"^### (.*)$", page, re.MULTILINE))
    assert len(rules) == 10
    assert {rule for rule in rules if rule not in headings} == set()
