"""The pytest plugin: the fixture `bpmn`, and the collection of test files in YAML.

The fixture gives each test a `ProcessTest` of its own. Each case of a file `*.bpmn-test.yaml` is a
test; its failure says what was expected, in which line, and where the instance is instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typing_extensions import override

from bpmn_engine.testing.cases.case_file import CaseFile, ProcessCase, UnreadableFile
from bpmn_engine.testing.cases.case_running import CaseResult, run_case
from bpmn_engine.testing.cases.file_reading import SUFFIXES, read_case_file
from bpmn_engine.testing.cases.wording import failure_text, problems_text
from bpmn_engine.testing.process_test import ProcessTest


@pytest.fixture
def bpmn() -> Iterator[ProcessTest]:
    """Give an engine in memory whose time is moved by the test."""
    with ProcessTest() as test:
        yield test


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the cases of test files in YAML."""
    if not file_path.name.endswith(SUFFIXES):
        return None
    collected: CaseCollector = CaseCollector.from_parent(parent, path=file_path)
    return collected


class UnreadableFileError(Exception):
    """Expected a test file that can be read; the message says where it cannot."""


class CaseCollector(pytest.File):
    """One test file."""

    @override
    def collect(self) -> Iterator[pytest.Item]:
        """Yield its cases.

        Raises:
            UnreadableFileError: it has problems.
        """
        file = read_case_file(_shown(self.path), folders=(Path.cwd(), self.config.rootpath))
        if isinstance(file, UnreadableFile):
            raise UnreadableFileError(problems_text(file))
        for case in file.cases:
            yield CaseItem.from_parent(self, name=case.name, file=file, case=case)

    @override
    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> str:
        """Return what is wrong with the file, without a traceback."""
        if isinstance(excinfo.value, UnreadableFileError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))


class CaseFailedError(Exception):
    """Expected the case to pass, but it did not."""

    def __init__(self, file: CaseFile, result: CaseResult) -> None:
        super().__init__(failure_text(file, result))


class CaseItem(pytest.Item):
    """One case."""

    def __init__(
        self, *, name: str, parent: CaseCollector, file: CaseFile, case: ProcessCase
    ) -> None:
        super().__init__(name, parent)
        self._file = file
        self._case = case

    @override
    def runtest(self) -> None:
        """Run the case.

        Raises:
            CaseFailedError: it did not pass.
        """
        result = run_case(self._file, self._case)
        if not result.is_passed:
            raise CaseFailedError(self._file, result)

    @override
    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> str:
        """Return why the case failed; a traceback only if the engine has a bug."""
        if isinstance(excinfo.value, CaseFailedError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    @override
    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self._case.place.line - 1, self.name


def _shown(path: Path) -> Path:
    """Return a path as seen from the working folder, if it is below it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
