"""Task headers that connectors and adapters evaluate, and that are no FEEL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bpmn_engine.analysis.elements import Subject, label
from bpmn_engine.expressions.language import Strictness, SyntaxFailure, compile_expression
from bpmn_engine.graph.specs import JobSpec
from bpmn_engine.model.definitions import Violation

_ERRORS: Final = (
    "{bpmnError: function(code, message) null, jobError: function(message) null, outcome: "
)
_AROUND: Final[Mapping[str, tuple[str, str]]] = {
    "resultExpression": ("", ""),
    "errorExpression": (_ERRORS, "}.outcome"),
}
"""Header to what is put around its text: an error expression knows two functions."""


def should_read_results_in_feel(subject: Subject) -> list[Violation]:
    """A result expression or error expression of a task is FEEL.

    It is no more than a warning: to a worker of one's own the header may mean anything.
    """
    found: dict[tuple[str, str], Violation] = {}
    for node in subject.graph.nodes:
        if not isinstance(node.spec, JobSpec):
            continue
        for header, (before, after) in _AROUND.items():
            text = node.spec.headers.get(header, "").strip()
            failure = _failure(text, before, after) if text else None
            if failure is not None:
                found[str(node.element_id), header] = subject.warning(
                    "result-expression",
                    str(node.element_id),
                    f"{label(node)} has the task header {header}, which is no FEEL: {failure}",
                )
    return list(found.values())


def _failure(text: str, before: str, after: str) -> str | None:
    plain = text.removeprefix("=")
    compiled = compile_expression(f"={before}{plain}{after}", strictness=Strictness.PATIENT)
    if not isinstance(compiled, SyntaxFailure):
        return None
    column = compiled.column
    if compiled.line == 1:
        column -= len(before) + (0 if text.startswith("=") else 1)
    return f"{compiled.message} (line {compiled.line}, column {max(column, 1)} of the header)"
