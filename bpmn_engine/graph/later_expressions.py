"""Expressions that no part of the graph holds: whoever needs them compiles them when they are due.

They are tried at deployment like all others, so that a mistake is found where it was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bpmn_engine.ids import ElementId
from bpmn_engine.model.called_decision import DECISION_JOB, called_decision
from bpmn_engine.model.extensions import DefaultLanguage, FormalExpression, FormDefinition
from bpmn_engine.model.flow_nodes import AnyFlowNode, StartEvent, Task


def evaluated_later(
    elements: Iterable[AnyFlowNode],
) -> Iterator[tuple[ElementId, FormalExpression]]:
    """Yield what begins the fields of forms, and what says which decisions are called."""
    for element in {element.id: element for element in elements}.values():
        for source in _of_element(element):
            yield element.id, source


def _of_element(element: AnyFlowNode) -> Iterator[FormalExpression]:
    if isinstance(element, StartEvent):
        yield from _of_form(element.form)
    if not isinstance(element, Task):
        return
    if element.user_task is not None:
        yield from _of_form(element.user_task.form)
    if element.job is not None and element.job.type.text == DECISION_JOB:
        call = called_decision(element.job.headers)
        for text in (call.decision_id, call.binding_value):
            if text is not None:
                yield FormalExpression(text=text, default=DefaultLanguage.LITERAL)


def _of_form(form: FormDefinition | None) -> Iterator[FormalExpression]:
    if form is not None:
        yield from (field.default for field in form.fields if field.default is not None)
