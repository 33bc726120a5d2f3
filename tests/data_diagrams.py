"""Parts of plain BPMN diagrams with data, for tests: without any namespace of Camunda.

In a file that declares one, data elements are drawings.
"""

from __future__ import annotations

from dataclasses import replace
from xml.sax.saxutils import escape

from tests.diagrams import Element

_CAMUNDA = (
    b'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" ',
    b'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" ',
)
_FORMAL = 'xsi:type="bpmn:tFormalExpression"'


def plain(xml: bytes, roots: str = "") -> bytes:
    """Return a file as another modeler would have written it."""
    for declaration in _CAMUNDA:
        xml = xml.replace(declaration, b"")
    xml = xml.replace(
        b"<bpmn:definitions ",
        b'<bpmn:definitions xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
        b'xmlns:t="http://example.test/bpmn" ',
    )
    return xml.replace(b'<bpmn:process id="p"', roots.encode() + b'<bpmn:process id="p"', 1)


def data_object(name: str | None = None, **attributes: str) -> Element:
    """Return a data object."""
    return Element("dataObject", {"name": name, **attributes} if name else attributes)


def reference(data: str, name: str | None = None, state: str | None = None) -> Element:
    """Return a reference to a data object, maybe in a state."""
    return Element(
        "dataObjectReference",
        {"dataObjectRef": data, **({"name": name} if name else {})},
        children="" if state is None else f'<bpmn:dataState name="{state}"/>',
    )


def store(data_store: str | None, name: str = "") -> Element:
    """Return a reference to a data store; None: it is a store of its own."""
    named = {} if data_store is None else {"dataStoreRef": data_store}
    return Element("dataStoreReference", {**named, "name": name})


def user() -> Element:
    """Return a user task."""
    return Element("userTask")


def script(feel: str) -> Element:
    """Return a script task."""
    return Element("scriptTask", children=f"<bpmn:script>{escape(feel)}</bpmn:script>")


def moves(source: str, target: str, parts: str = "") -> str:
    """Return the inside of an association from one or more sources."""
    sources = "".join(f"<bpmn:sourceRef>{one}</bpmn:sourceRef>" for one in source.split())
    return f"{sources}<bpmn:targetRef>{target}</bpmn:targetRef>{parts}"


def transformed(feel: str) -> str:
    """Return a transformation."""
    return f"<bpmn:transformation {_FORMAL}>{escape(feel)}</bpmn:transformation>"


def assigned(source: str, to: str) -> str:
    """Return an assignment."""
    return (
        f"<bpmn:assignment><bpmn:from {_FORMAL}>{escape(source)}</bpmn:from>"
        f"<bpmn:to {_FORMAL}>{escape(to)}</bpmn:to></bpmn:assignment>"
    )


def specification(
    inputs: dict[str, str], outputs: dict[str, str], sets: tuple[str, ...] | None = None
) -> str:
    """Return an ioSpecification of ids with their attributes as XML.

    Args:
        inputs: id -> attributes.
        outputs: id -> attributes.
        sets: ids of inputs, one text a set; `?id` is optional. None: one set of all.
    """
    named = (" ".join(inputs),) if sets is None else sets
    return (
        "<bpmn:ioSpecification>"
        + "".join(f'<bpmn:dataInput id="{one}" {text}/>' for one, text in inputs.items())
        + "".join(f'<bpmn:dataOutput id="{one}" {text}/>' for one, text in outputs.items())
        + "".join(_input_set(one) for one in named)
        + "<bpmn:outputSet>"
        + "".join(f"<bpmn:dataOutputRefs>{one}</bpmn:dataOutputRefs>" for one in outputs)
        + "</bpmn:outputSet></bpmn:ioSpecification>"
    )


def _input_set(ids: str) -> str:
    names = ids.split()
    every = "".join(f"<bpmn:dataInputRefs>{one.lstrip('?')}</bpmn:dataInputRefs>" for one in names)
    optional = "".join(
        f"<bpmn:optionalInputRefs>{one[1:]}</bpmn:optionalInputRefs>"
        for one in names
        if one.startswith("?")
    )
    return f"<bpmn:inputSet>{every}{optional}</bpmn:inputSet>"


def working(
    element: Element,
    *,
    needs: dict[str, str] | None = None,
    gives: dict[str, str] | None = None,
    sets: tuple[str, ...] | None = None,
    takes: tuple[str, ...] = (),
    puts: tuple[str, ...] = (),
    after: str = "",
) -> Element:
    """Return an activity with data.

    Args:
        element: the activity.
        needs: its data inputs, id -> attributes.
        gives: its data outputs, id -> attributes.
        sets: its input sets; see `specification`.
        takes: the insides of its input associations.
        puts: the insides of its output associations.
        after: XML that follows, such as a loop.
    """
    xml = specification(needs or {}, gives or {}, sets) if needs or gives else ""
    xml += "".join(
        f"<bpmn:dataInputAssociation>{one}</bpmn:dataInputAssociation>" for one in takes
    )
    xml += "".join(
        f"<bpmn:dataOutputAssociation>{one}</bpmn:dataOutputAssociation>" for one in puts
    )
    return replace(element, children=xml + after + element.children)
