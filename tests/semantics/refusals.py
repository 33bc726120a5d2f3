"""Why a diagram may not be deployed, in tests: the rules that refuse it."""

from __future__ import annotations

from bpmn_engine.model.definitions import Refusal, Severity
from bpmn_engine.parser.reader import read_definitions


def refused_by(xml: bytes) -> set[str]:
    """Return the words of the rules that refuse a file; nothing if it may be deployed."""
    read = read_definitions(xml)
    if not isinstance(read, Refusal):
        return set()
    return {found.rule for found in read.violations if found.severity is Severity.ERROR}
