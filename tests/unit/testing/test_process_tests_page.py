"""What docs/process-tests.md shows is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bpmn_engine.testing.cases.case_file import CaseFile
from bpmn_engine.testing.cases.case_running import run_case
from bpmn_engine.testing.cases.file_format import FILE
from bpmn_engine.testing.cases.file_reading import read_case_file
from bpmn_engine.testing.cases.shapes import Key, ListShape, RecordShape, VerbShape
from bpmn_engine.testing.cases.wording import failure_text, problems_text
from tests.unit.testing.approval import approval

PAGE = (Path(__file__).parents[3] / "docs" / "process-tests.md").read_text(encoding="utf-8")
YAML = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
HEAD = """\
deploy: approval.bpmn
variable sets:
  invoice: {amount: 120}
jobs:
  erp:book: {bookingId: B-1}
cases:
"""


def whole_file(block: str) -> str:
    """A block is a file, or cases of one."""
    return block if "deploy:" in block else HEAD + block


@pytest.mark.parametrize("block", YAML)
def test_every_example_passes(block, tmp_path):
    (tmp_path / "approval.bpmn").write_bytes(approval())
    path = tmp_path / "page.bpmn-test.yaml"
    path.write_text(whole_file(block), encoding="utf-8")

    file = read_case_file(path)

    assert isinstance(file, CaseFile), problems_text(file)
    for case in file.cases:
        result = run_case(file, case)
        assert result.is_passed, failure_text(file, result)


def test_the_failure_on_the_page_is_what_is_printed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("approval.bpmn").write_bytes(approval())
    path = Path("approval.bpmn-test.yaml")
    path.write_text(YAML[0].replace("waiting at: Approve", "waiting at: Book"), encoding="utf-8")
    file = read_case_file(path)
    assert isinstance(file, CaseFile)

    printed = failure_text(file, run_case(file, file.cases[0]))

    assert "".join(f"    {line}" for line in printed.splitlines(keepends=True)) in PAGE


def test_the_python_example_passes(bpmn, tmp_path, monkeypatch):
    (tmp_path / "approval.bpmn").write_bytes(approval())
    monkeypatch.chdir(tmp_path)
    scope = {}

    exec(compile(PYTHON[0], "process-tests.md", "exec"), scope)  # noqa: S102 — our own page

    scope["test_booking_is_tried_again"](bpmn)


def keys(shape) -> list[Key]:
    match shape:
        case RecordShape():
            return [found for key in shape.keys for found in (key, *keys(key.shape))]
        case VerbShape():
            return [key for record in shape.records for key in keys(record)]
        case ListShape():
            return keys(shape.items)
        case _:
            return [key for one in getattr(shape, "choices", ()) for key in keys(one)]


@pytest.mark.parametrize("name", sorted({key.name for key in keys(FILE)}))
def test_page_explains_every_key(name):
    assert re.search(rf"`{name}[`:]", PAGE)
