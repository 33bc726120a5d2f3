"""What the README shows is true."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from bpmn_engine.testing.cases.case_file import CaseFile
from bpmn_engine.testing.cases.case_running import run_case
from bpmn_engine.testing.cases.file_reading import read_case_file
from tests.diagrams import boundary, end, process, start, task, timer, user

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_library_example_runs(monkeypatch):
    monkeypatch.chdir(ROOT)
    printed = io.StringIO()

    with contextlib.redirect_stdout(printed):
        exec(compile(BLOCKS[0], "README.md", "exec"), {"__name__": "readme"})  # noqa: S102 — our own README

    assert "warehouse:create-pick-list" in printed.getvalue()


APPROVAL = (
    process(
        "s -> ask -> e",
        "late -> remind -> done",
        process_id="approval",
        s=start(),
        ask=user(),
        e=end(),
        late=boundary("ask", timer(duration="P2D"), interrupting=False),
        remind=task(),
        done=end(),
    )
    .replace(b'id="ask"', b'id="ask" name="Approve"')
    .replace(b'id="remind"', b'id="remind" name="Remind the approver"')
)


def test_the_test_example_passes(bpmn, tmp_path, monkeypatch):
    (tmp_path / "approval.bpmn").write_bytes(APPROVAL)
    monkeypatch.chdir(tmp_path)
    scope = {}

    exec(compile(BLOCKS[1], "README.md", "exec"), scope)  # noqa: S102 — as above

    scope["test_nobody_decides"](bpmn)


def test_the_process_test_passes(tmp_path):
    (tmp_path / "approval.bpmn").write_bytes(APPROVAL)
    path = tmp_path / "approval.bpmn-test.yaml"
    path.write_text(re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)[0])
    file = read_case_file(path)

    assert isinstance(file, CaseFile)
    assert all(run_case(file, case).is_passed for case in file.cases)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_every_link_leads_somewhere(link):
    assert (ROOT / link).exists()
