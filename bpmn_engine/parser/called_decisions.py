"""Called decisions: `zeebe:calledDecision`, `camunda:decisionRef` and what stands beside them."""

from __future__ import annotations

from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.model.called_decision import DECISION_JOB, CalledDecision, ResultMapping
from bpmn_engine.model.extensions import JobDefinition
from bpmn_engine.model.flow_nodes import Binding
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.formal_expressions import literal

_ZEEBE_BINDINGS: Final = {
    "latest": Binding.LATEST,
    "deployment": Binding.DEPLOYMENT,
    "versionTag": Binding.VERSION_TAG,
}
_CAMUNDA_BINDINGS: Final = _ZEEBE_BINDINGS | {"version": Binding.VERSION}


def read_called_decision(diagram: Diagram, element: Element) -> JobDefinition | None:
    """Read the decision a business rule task calls, as the job that the engine does itself.

    Returns:
        None when the task calls no decision; that alone is no violation.
    """
    called = _zeebe(diagram, element) or _camunda(diagram, element)
    if called is None:
        return None
    return JobDefinition(type=literal(DECISION_JOB), headers=dict(called.headers()))


def _zeebe(diagram: Diagram, element: Element) -> CalledDecision | None:
    found = diagram.extension(element, "zeebe:calledDecision")
    if found is None:
        return None
    decision_id = (found.get("decisionId") or "").strip()
    result_variable = (found.get("resultVariable") or "").strip()
    if not decision_id or not result_variable:
        diagram.findings.violate(
            element,
            "incomplete-decision",
            "Expected zeebe:calledDecision to have a decision id and a result variable, but one "
            "is missing. Fill both in.",
        )
    binding, value = _binding(
        diagram,
        element,
        _ZEEBE_BINDINGS,
        word=found.get("bindingType"),
        values={Binding.VERSION_TAG: found.get("versionTag")},
    )
    return CalledDecision(
        decision_id=decision_id,
        binding=binding,
        binding_value=value,
        result_variable=result_variable,
    )


def _camunda(diagram: Diagram, element: Element) -> CalledDecision | None:
    decision_id = diagram.take(element, "camunda:decisionRef")
    if decision_id is None:
        return None
    binding, value = _binding(
        diagram,
        element,
        _CAMUNDA_BINDINGS,
        word=diagram.take(element, "camunda:decisionRefBinding"),
        values={
            Binding.VERSION: diagram.take(element, "camunda:decisionRefVersion"),
            Binding.VERSION_TAG: diagram.take(element, "camunda:decisionRefVersionTag"),
        },
    )
    return CalledDecision(
        decision_id=decision_id,
        binding=binding,
        binding_value=value,
        result_variable=diagram.take(element, "camunda:resultVariable"),
        mapping=_mapping(diagram, element),
    )


def _mapping(diagram: Diagram, element: Element) -> ResultMapping:
    word = diagram.take(element, "camunda:mapDecisionResult")
    known = {one.value: one for one in ResultMapping if one is not ResultMapping.VALUE}
    if word is not None and word not in known:
        diagram.findings.violate(
            element,
            "decision-result",
            f"Expected camunda:mapDecisionResult to be one of {', '.join(known)}, but it is "
            f"{word!r}. Choose one in the properties panel.",
        )
    return known.get(word or "", ResultMapping.RESULT_LIST)


def _binding(
    diagram: Diagram,
    element: Element,
    known: dict[str, Binding],
    *,
    word: str | None,
    values: dict[Binding, str | None],
) -> tuple[Binding, str | None]:
    binding = known.get(word or "latest")
    if binding is None:
        diagram.findings.violate(
            element,
            "decision-binding",
            f"Expected the binding of the decision to be one of {', '.join(known)}, but it is "
            f"{word!r}. Choose one in the properties panel.",
        )
        return Binding.LATEST, None
    value = (values.get(binding) or "").strip() or None
    if binding in {Binding.VERSION, Binding.VERSION_TAG} and value is None:
        diagram.findings.violate(
            element,
            "decision-binding",
            f"Expected a {binding.value} of the decision, but there is none. Fill it in, or "
            "choose the binding latest.",
        )
    return binding, value
