"""Input and output mappings: `zeebe:ioMapping` and `camunda:inputOutput`."""

from __future__ import annotations

import json

from lxml.etree import _Element as Element

from bpmn_engine.model.extensions import FormalExpression, VariableMapping
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.findings import owner_of
from bpmn_engine.parser.formal_expressions import PATH, feel, is_marked, literal, script_problem
from bpmn_engine.parser.namespaces import full_name, local_name, text_of

_DEEPEST_PARAMETER = 20
_Mappings = tuple[VariableMapping, ...]


class _NotSimple(Exception):  # noqa: N818 - never leaves this module
    """A parameter that has no FEEL equivalent; the message says why."""


def read_mappings(diagram: Diagram, element: Element) -> tuple[_Mappings, _Mappings]:
    """Return the input and the output mappings of a flow node, in document order."""
    inputs: list[VariableMapping] = []
    outputs: list[VariableMapping] = []
    for box in diagram.extensions(element, "zeebe:ioMapping"):
        inputs += _zeebe(diagram, box, "zeebe:input")
        outputs += _zeebe(diagram, box, "zeebe:output")
    for box in diagram.extensions(element, "camunda:inputOutput"):
        inputs += _camunda(diagram, box, "camunda:inputParameter")
        outputs += _camunda(diagram, box, "camunda:outputParameter")
    return tuple(inputs), tuple(outputs)


def _zeebe(diagram: Diagram, box: Element, short: str) -> list[VariableMapping]:
    found = []
    for child in box.iterchildren(full_name(short)):
        source, target = child.get("source"), child.get("target")
        missing = [name for name in ("source", "target") if not (child.get(name) or "").strip()]
        if source is None or target is None or missing:
            diagram.findings.violate(
                owner_of(child),
                "incomplete-mapping",
                f"Expected {short} to have {' and '.join(missing)}, but it has none "
                f"(line {child.sourceline}, target {target!r}). Fill it in, or remove it.",
            )
            continue
        found.append(VariableMapping(target=target.strip(), source=literal(source)))
    return found


def _camunda(diagram: Diagram, box: Element, short: str) -> list[VariableMapping]:
    found = []
    for child in box.iterchildren(full_name(short)):
        name = (child.get("name") or "").strip()
        if not name:
            diagram.findings.violate(
                owner_of(child),
                "incomplete-mapping",
                f"Expected {short} to have a name, but it has none (line {child.sourceline}). "
                "Fill it in, or remove the parameter.",
            )
            continue
        source = read_parameter(diagram, child, short)
        if source is not None:
            found.append(VariableMapping(target=name, source=source))
    return found


def read_parameter(diagram: Diagram, parameter: Element, short: str) -> FormalExpression | None:
    """Return the value of a camunda:inputParameter or outputParameter.

    Text stays as it is; no text is null, as in Camunda 7. Lists and maps become one FEEL
    expression when their items are text or `${a.b}`.
    """
    if len(parameter) == 0:
        text = text_of(parameter)
        return literal(text) if text else feel("null")
    definition = parameter[0]
    if definition.tag == full_name("camunda:script"):
        return _script(diagram, definition)
    try:
        return feel(_feel_of(definition, depth=0))
    except _NotSimple as reason:
        diagram.findings.refuse_part(definition, short, str(reason))
        return None


def _script(diagram: Diagram, script: Element) -> FormalExpression | None:
    problem = script_problem(script.get("scriptFormat"))
    if script.get("resource"):
        problem = "A script in another file is not read. Write it into the diagram in FEEL"
    text = text_of(script)
    if problem is None and not text:
        problem = "The script is empty. Write it, or remove the parameter"
    if problem is not None:
        diagram.findings.refuse_part(script, "camunda:script", f"{problem}.")
        return None
    return feel(text)


def _feel_of(definition: Element, *, depth: int) -> str:
    """Return the FEEL text of a list, a map or a value."""
    if depth > _DEEPEST_PARAMETER:
        message = f"Lists and maps may be nested {_DEEPEST_PARAMETER} deep. Use a FEEL expression."
        raise _NotSimple(message)
    match local_name(definition):
        case "list":
            items = [_feel_of(item, depth=depth + 1) for item in definition]
            return f"[{', '.join(items)}]"
        case "map":
            entries = [
                f"{_quoted(entry.get('key') or '')}: {_entry(entry, depth=depth)}"
                for entry in definition
            ]
            return f"{{{', '.join(entries)}}}"
        case "value":
            return _value(text_of(definition))
        case other:
            message = (
                f"A {other} inside a list or map is not executed. "
                "Write the parameter as one FEEL expression, or compute the value in a worker."
            )
            raise _NotSimple(message)


def _entry(entry: Element, *, depth: int) -> str:
    return _feel_of(entry[0], depth=depth + 1) if len(entry) else _value(text_of(entry))


def _value(text: str) -> str:
    if not text:
        return "null"
    if not is_marked(text) or text.startswith("="):
        return _quoted(text)
    inner = text[2:-1].strip()
    if text[:2] in {"${", "#{"} and text.endswith("}") and PATH.fullmatch(inner):
        return inner
    message = (
        f"The expression {text!r} inside a list or map is more than the name of a variable. "
        "Write the parameter as one FEEL expression."
    )
    raise _NotSimple(message)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
