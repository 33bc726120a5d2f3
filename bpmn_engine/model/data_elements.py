"""Data: what elements of a process hold, and how it moves (BPMN 2.0.2, section 10.4)."""

from __future__ import annotations

from dataclasses import dataclass

from bpmn_engine.ids import ElementId
from bpmn_engine.model.extensions import FormalExpression


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemField:
    """One element of an inline structure."""

    name: str
    type: ItemType
    is_required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemType:
    """What a value has to be: a simple type of XML Schema, or a structure of fields."""

    simple: str | None = None  #: `integer`, `dateTime` …; None with fields
    fields: tuple[ItemField, ...] = ()
    is_collection: bool = False
    choices: tuple[str, ...] = ()  #: an enumeration; () allows any value


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDefinition:
    """The declared structure of an item (section 8.4.10), where the file itself says it."""

    id: str
    type: ItemType


@dataclass(frozen=True, slots=True, kw_only=True)
class DataElement:
    """A data object, property, data input or data output: a variable of the scope it is in."""

    id: ElementId
    variable: str
    item: ItemDefinition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataStore:
    """A data store that elements read and write (section 10.4.1); it outlives the process."""

    id: ElementId
    name: str  #: under which it is configured and kept
    variable: str  #: under which expressions read what was read from it
    capacity: int | None = None  #: the most entries it holds; None is unlimited
    item: ItemDefinition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataAssignment:
    """Puts a value at a path inside the target of an association; () is the target itself."""

    source: FormalExpression
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataAssociation:
    """Moves data: a copy of its one source, a transformation, or assignments (section 10.4.2)."""

    id: ElementId
    sources: tuple[DataElement | DataStore, ...]
    target: DataElement | DataStore
    transformation: FormalExpression | None = None
    assignments: tuple[DataAssignment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSet:
    """One set of data inputs with which an activity may begin (section 10.4.1)."""

    members: tuple[str, ...] = ()  #: the variables of its inputs that an association brings
    required: tuple[str, ...] = ()  #: those of them that it waits for


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeData:
    """The data of a flow node: what it needs, what it gives, and what lives in it."""

    declared: tuple[DataElement, ...] = ()  #: properties, and data objects of a sub-process
    inputs: tuple[DataElement, ...] = ()
    outputs: tuple[DataElement, ...] = ()
    input_sets: tuple[InputSet, ...] = ()  #: the first one that is available is taken
    incoming: tuple[DataAssociation, ...] = ()
    outgoing: tuple[DataAssociation, ...] = ()
    called_inputs: tuple[tuple[str, str], ...] = ()
    """Of a call activity: its own variable and that of the called process."""
    called_outputs: tuple[tuple[str, str], ...] = ()
    """Of a call activity: the variable of the called process and its own."""
