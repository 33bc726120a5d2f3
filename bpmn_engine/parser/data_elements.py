"""Data elements (BPMN 2.0.2, section 10.4.1): under which name each one is a variable.

The name of a data element is its variable's, if expressions can read it; else the id is. Of the
two, the one that an expression of the diagram reads goes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.ids import ElementId
from bpmn_engine.model.data_elements import DataElement, DataStore
from bpmn_engine.parser.data_index import DataIndex
from bpmn_engine.parser.item_definitions import item_of
from bpmn_engine.parser.namespaces import (
    children,
    element_id_of,
    full_name,
    is_true,
    local_name,
    text_of,
)

PLACEHOLDER: Final = "__targetRef_placeholder"
"""The property that bpmn-js writes because the schema wants a target; it is no data."""

_READABLE: Final = re.compile(r"[^\W\d]\w*(?: \w+)*")
_STATE: Final = re.compile(r"\s*\[[^\]]*\]\s*$")
_EXPRESSIONS: Final = tuple(
    map(
        full_name,
        (
            "conditionExpression",
            "condition",
            "script",
            "from",
            "to",
            "transformation",
            "loopCondition",
            "loopCardinality",
            "completionCondition",
            "activationCondition",
            "timeDate",
            "timeDuration",
            "timeCycle",
            "formalExpression",
            "messagePath",
        ),
    )
)


def index_elements(
    index: DataIndex, executable: tuple[Element, ...], by_id: Mapping[str, Element]
) -> None:
    """Give every data element of the executed processes its variable."""
    for process in executable:
        namer = _Namer(process)
        references = _references(process, by_id)
        for data in process.iter(full_name("dataObject")):
            _add_object(index, by_id, namer, data, references.get(data, []))
        for data in process.iter(
            full_name("property"), full_name("dataInput"), full_name("dataOutput")
        ):
            _add_element(index, by_id, namer, data)
        for reference in process.iter(full_name("dataStoreReference")):
            index.elements[reference] = _store(by_id, namer, reference)


def index_inputs_and_outputs(
    index: DataIndex, tasks: Iterable[Element], by_id: Mapping[str, Element]
) -> None:
    """Give the data inputs and outputs of global tasks their variables."""
    for task in tasks:
        namer = _Namer(task)
        for data in task.iter(full_name("dataInput"), full_name("dataOutput")):
            _add_element(index, by_id, namer, data)


class _Namer:
    """Chooses names, knowing the expressions of one process."""

    def __init__(self, process: Element) -> None:
        self._texts = "\n".join(text_of(found) for found in process.iter(*_EXPRESSIONS))

    def is_read(self, name: str) -> bool:
        """Tell whether an expression of the process has this name in it."""
        return bool(re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", self._texts))

    def choose(self, *candidates: str | None) -> str:
        """Return the first name that is read, else the first that could be, else the last."""
        known = [" ".join((one or "").split()) for one in candidates]
        readable = [one for one in known if _READABLE.fullmatch(one)]
        return next((one for one in readable if self.is_read(one)), [*readable, known[-1]][0])


def _references(process: Element, by_id: Mapping[str, Element]) -> dict[Element, list[Element]]:
    found: dict[Element, list[Element]] = {}
    for reference in process.iter(full_name("dataObjectReference")):
        target = by_id.get((reference.get("dataObjectRef") or "").strip())
        if target is not None and local_name(target) == "dataObject":
            found.setdefault(target, []).append(reference)
    return found


def _add_object(
    index: DataIndex,
    by_id: Mapping[str, Element],
    namer: _Namer,
    data: Element,
    references: list[Element],
) -> None:
    """A data object and every reference to it, in whatever state, are one variable."""
    names = [_STATE.sub("", one.get("name") or "") for one in references]
    ids = [element_id_of(one) for one in references]
    own = _STATE.sub("", data.get("name") or "")
    variable = namer.choose(own, *names, *ids, element_id_of(data))
    element = DataElement(
        id=ElementId(element_id_of(data)), variable=variable, item=item_of(by_id, data)
    )
    for one in (data, *references):
        index.elements[one] = element
    if data.get("itemSubjectRef") or namer.is_read(variable):
        index.used.add(element.id)


def _add_element(
    index: DataIndex, by_id: Mapping[str, Element], namer: _Namer, data: Element
) -> None:
    if data.get("name") == PLACEHOLDER:
        return
    variable = namer.choose(data.get("name"), element_id_of(data))
    if variable in _names_of_siblings(index, data):
        variable = element_id_of(data)
    element = DataElement(
        id=ElementId(element_id_of(data)), variable=variable, item=item_of(by_id, data)
    )
    index.elements[data] = element
    if local_name(data) == "property":
        index.used.add(element.id)


def _names_of_siblings(index: DataIndex, data: Element) -> Iterator[str]:
    """Yield the variables of the elements of this kind that stand before in the same list."""
    parent = data.getparent()
    if parent is not None:
        for other in children(parent, local_name(data)):
            if other is data:
                return
            if other in index.elements:
                yield index.elements[other].variable


def _store(by_id: Mapping[str, Element], namer: _Namer, reference: Element) -> DataStore:
    """Return the store that a reference names; one that names none is a store of its own."""
    target = by_id.get((reference.get("dataStoreRef") or "").strip().rpartition(":")[2])
    store = target if target is not None and local_name(target) == "dataStore" else reference
    name = " ".join((store.get("name") or reference.get("name") or "").split())
    return DataStore(
        id=ElementId(element_id_of(store)),
        name=name or element_id_of(store),
        variable=namer.choose(reference.get("name"), store.get("name"), element_id_of(reference)),
        capacity=_capacity(store),
        item=item_of(by_id, store),
    )


def _capacity(store: Element) -> int | None:
    """Return how many entries fit; a modeler's `0` for a store that nobody measured is none."""
    text = (store.get("capacity") or "").strip()
    if is_true(store, "isUnlimited", default="capacity" not in store.attrib):
        return None
    return int(text) if text.isdecimal() and int(text) > 0 else None
