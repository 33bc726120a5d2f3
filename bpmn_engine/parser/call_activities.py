"""Call activities (BPMN 2.0.2, section 10.3.6) of both flavours."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from lxml.etree import _Element as Element

from bpmn_engine.model.extensions import FormalExpression, VariableMapping
from bpmn_engine.model.flow_nodes import Binding, CallActivity, Task
from bpmn_engine.parser.activities import GLOBAL_TASKS, read_global_task
from bpmn_engine.parser.data_associations import with_called_data
from bpmn_engine.parser.diagram import Diagram, strip_prefix
from bpmn_engine.parser.formal_expressions import (
    is_marked,
    literal,
    optional_literal,
)
from bpmn_engine.parser.in_out import read_mapping
from bpmn_engine.parser.jobs import read_variable_mapping
from bpmn_engine.parser.loops import activity_fields
from bpmn_engine.parser.namespaces import element_id_of, is_true, local_name
from bpmn_engine.parser.place import Place, node_fields

_CALLABLE = frozenset({"process"})


@dataclass(slots=True, kw_only=True)
class _Call:
    """What both flavours say about the called process."""

    called: str = ""
    binding: Binding = Binding.LATEST
    binding_value: FormalExpression | None = None
    business_key: FormalExpression | None = None
    all_inputs: bool = False
    passes_own: bool = False
    all_outputs: bool = False
    inputs: list[VariableMapping] = field(default_factory=list)
    outputs: list[VariableMapping] = field(default_factory=list)
    local_outputs: list[VariableMapping] = field(default_factory=list)


def read_call_activity(
    diagram: Diagram, element: Element, place: Place
) -> CallActivity | Task | None:
    """Read a call activity; None after a violation that leaves nothing to call.

    One that calls a global task of the same file is that task.
    """
    extension = diagram.extension(element, "zeebe:calledElement")
    if extension is not None:
        call = _zeebe_call(diagram, element, extension)
    else:
        call = _camunda_call(diagram, element)
    if not call.called:
        _missing(diagram, element)
        return None
    target = diagram.by_id.get(call.called)
    if target is not None and local_name(target) in GLOBAL_TASKS and not is_marked(call.called):
        return _global_task(diagram, element, place, call, target)
    _check_callable(diagram, element, call.called)
    fields = node_fields(diagram, element, place)
    fields["data"] = with_called_data(diagram, element, target, fields["data"])
    return CallActivity(
        **fields,
        **activity_fields(diagram, element),
        called_process=literal(call.called),
        binding=call.binding,
        binding_value=call.binding_value,
        business_key=call.business_key,
        propagate_all_inputs=call.all_inputs,
        passes_own=call.passes_own,
        propagate_all_outputs=call.all_outputs,
        call_inputs=tuple(call.inputs),
        call_outputs=tuple(call.outputs),
        local_outputs=tuple(call.local_outputs),
        variable_mapping=read_variable_mapping(diagram, element),
    )


def _missing(diagram: Diagram, element: Element) -> None:
    if element.get("{http://camunda.org/schema/1.0/bpmn}caseRef"):
        return
    diagram.findings.violate(
        element,
        "missing-reference",
        "Expected the call activity to name the process it calls, but it names none. "
        "Fill in the called element.",
        "10.3.6",
    )


def _check_callable(diagram: Diagram, element: Element, called: str) -> None:
    target = diagram.by_id.get(called)
    if target is None or is_marked(called) or local_name(target) in _CALLABLE:
        return
    diagram.findings.violate(
        element,
        "called-element",
        f"Expected the called element to be a process, but {called!r} is a "
        f"{local_name(target)}. Choose a process.",
        "10.3.6",
    )


def _global_task(
    diagram: Diagram, element: Element, place: Place, call: _Call, target: Element
) -> Task:
    """Read the task that is called; what is mapped in and out are its inputs and outputs."""
    if call.business_key is not None or call.binding is not Binding.LATEST:
        diagram.findings.violate(
            element,
            "called-element",
            f"Expected neither a business key nor a binding, as {element_id_of(target)} is a "
            "task of this file and no process. Remove them.",
            "10.3.6",
        )
    task = read_global_task(diagram, element, place, target)
    return replace(
        task,
        inputs=tuple(call.inputs) + task.inputs,
        outputs=task.outputs + tuple(call.outputs),
    )


def _zeebe_call(diagram: Diagram, element: Element, extension: Element) -> _Call:
    binding = _binding(diagram, element, extension.get("bindingType"))
    tag = optional_literal(extension.get("versionTag"))
    if binding is Binding.VERSION_TAG and tag is None:
        _missing_binding(diagram, element, "version tag")
    return _Call(
        called=(extension.get("processId") or "").strip(),
        binding=binding,
        binding_value=tag if binding is Binding.VERSION_TAG else None,
        business_key=optional_literal(extension.get("businessId")),
        all_inputs=is_true(extension, "propagateAllParentVariables", default=True),
        passes_own=True,
        all_outputs=is_true(extension, "propagateAllChildVariables", default=True),
    )


def _camunda_call(diagram: Diagram, element: Element) -> _Call:
    reference = (element.get("calledElement") or "").strip()
    binding = _binding(diagram, element, diagram.take(element, "camunda:calledElementBinding"))
    call = _Call(
        called=reference if is_marked(reference) else strip_prefix(element, reference),
        binding=binding,
    )
    version = diagram.take(element, "camunda:calledElementVersion")
    tag = diagram.take(element, "camunda:calledElementVersionTag")
    if binding is Binding.VERSION:
        call.binding_value = optional_literal(version)
    elif binding is Binding.VERSION_TAG:
        call.binding_value = optional_literal(tag)
    if binding in {Binding.VERSION, Binding.VERSION_TAG} and call.binding_value is None:
        _missing_binding(diagram, element, "version")
    for mapping in diagram.extensions(element, "camunda:in"):
        _read_in(diagram, mapping, call)
    for mapping in diagram.extensions(element, "camunda:out"):
        _read_out(diagram, mapping, call)
    return call


def _read_in(diagram: Diagram, mapping: Element, call: _Call) -> None:
    business_key = (mapping.get("businessKey") or "").strip()
    if business_key:
        call.business_key = literal(business_key)
    elif mapping.get("variables") == "all":
        call.passes_own = True
        call.all_inputs = call.all_inputs or not is_true(mapping, "local")
    else:
        found = read_mapping(diagram, mapping, "camunda:in")
        call.inputs += [] if found is None else [found]


def _read_out(diagram: Diagram, mapping: Element, call: _Call) -> None:
    """Read one output; a local one is for the call activity's own output parameters."""
    is_local = is_true(mapping, "local")
    if mapping.get("variables") == "all":
        call.all_outputs = call.all_outputs or not is_local
        return
    found = read_mapping(diagram, mapping, "camunda:out")
    into = call.local_outputs if is_local else call.outputs
    into += [] if found is None else [found]


def _binding(diagram: Diagram, element: Element, text: str | None) -> Binding:
    try:
        return Binding(text or "latest")
    except ValueError:
        diagram.findings.violate(
            element,
            "binding",
            "Expected the binding to be latest, deployment, version or versionTag, but found "
            f"{text!r}. Choose one in the properties panel.",
        )
        return Binding.LATEST


def _missing_binding(diagram: Diagram, element: Element, what: str) -> None:
    diagram.findings.violate(
        element,
        "binding",
        f"Expected a {what} beside the binding, but there is none. Fill it in, or bind to latest.",
    )
