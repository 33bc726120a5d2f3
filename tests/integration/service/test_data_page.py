"""What docs/data.md shows is true."""

import re
from pathlib import Path

from bpmn_engine.engine import Engine
from bpmn_engine.views.paging import Caller

PAGE = (Path(__file__).parents[3] / "docs" / "data.md").read_text(encoding="utf-8")


def block(name):
    return re.search(rf"```{name}\n(.*?)```", PAGE, re.DOTALL)[1]


def test_the_example_runs_as_the_page_says(tmp_path, monkeypatch):
    (tmp_path / "ordering.bpmn").write_text(block("xml"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    with Engine() as engine:
        everybody = Caller(user_id="bob", sees_all=True)
        exec(block("python"), {"engine": engine, "everybody": everybody})  # noqa: S102
