"""Results as JUnit XML, which continuous integration reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from bpmn_engine.testing.cases.case_file import CaseFile, UnreadableFile
from bpmn_engine.testing.cases.case_running import CaseResult
from bpmn_engine.testing.cases.wording import failure_text, problems_text

_NO_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """What became of a test file: the results of its cases, or that it cannot be read."""

    file: CaseFile | UnreadableFile
    results: tuple[CaseResult, ...] = ()


def junit_xml(files: Sequence[FileResult]) -> bytes:
    """Return the results as one document: a suite for each file, a case for each case."""
    root = ET.Element("testsuites", name="bpmn-engine")
    for one in files:
        failed = [result for result in one.results if not result.is_passed]
        is_unreadable = isinstance(one.file, UnreadableFile)
        suite = ET.SubElement(
            root,
            "testsuite",
            name=_clean(str(one.file.path)),
            tests=str(len(one.results) + is_unreadable),
            failures=str(len(failed)),
            errors=str(int(is_unreadable)),
            time=f"{sum(result.seconds for result in one.results):.3f}",
        )
        if isinstance(one.file, UnreadableFile):
            _add_unreadable(suite, one.file)
        else:
            for result in one.results:
                _add_case(suite, one.file, result)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _add_unreadable(suite: ET.Element, file: UnreadableFile) -> None:
    case = ET.SubElement(
        suite, "testcase", classname=_clean(str(file.path)), name="the file can be read", time="0"
    )
    error = ET.SubElement(case, "error", message=_clean(file.problems[0].message))
    error.text = _clean(problems_text(file))


def _add_case(suite: ET.Element, file: CaseFile, result: CaseResult) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=_clean(str(file.path)),
        name=_clean(result.case.name),
        file=_clean(str(file.path)),
        line=str(result.case.place.line),
        time=f"{result.seconds:.3f}",
    )
    if result.failures:
        first = result.failures[0].message.partition("\n")[0]
        failure = ET.SubElement(case, "failure", message=_clean(first))
        failure.text = _clean(failure_text(file, result))


def _clean(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return _NO_XML.sub("\ufffd", text)
