"""One DMN file as it says it: decisions, their requirements and their types (DMN 1.5, 6.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from bpmn_engine.dmn.expressions import Expression, FunctionDefinition, Place, Text, Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """Another file whose elements this one uses by the import's name."""

    place: Place
    name: str
    namespace: str
    import_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionItem:
    """The type of a function."""

    parameters: tuple[Variable, ...]
    output_type_ref: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDefinition:
    """A type (7.3.2): another type, components, or a function."""

    place: Place
    name: str
    type_ref: str | None
    components: tuple[ItemDefinition, ...]
    function: FunctionItem | None
    is_collection: bool
    allowed: Text | None  #: of each item
    constraint: Text | None  #: of the whole value (DMN 1.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An `href`: the namespace of a file, and the id of an element in it."""

    place: Place
    namespace: str
    element_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InputData:
    """A value that comes from outside."""

    id: str
    place: Place
    name: str
    variable: Variable
    is_declared: bool = True  #: False: it is only drawn, as Camunda's modeler does


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision, with what it requires (6.3.7)."""

    id: str
    place: Place
    name: str
    variable: Variable
    required_inputs: tuple[Reference, ...]
    required_decisions: tuple[Reference, ...]
    required_knowledge: tuple[Reference, ...]
    logic: Expression | None
    question: str | None = None
    allowed_answers: str | None = None
    description: str | None = None
    version_tag: str | None = None
    is_declared: bool = True  #: False: it has no variable, as Camunda's modeler writes tables


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeModel:
    """A business knowledge model: a function that decisions may call (6.3.9)."""

    id: str
    place: Place
    name: str
    variable: Variable
    required_knowledge: tuple[Reference, ...]
    function: FunctionDefinition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionService:
    """Decisions that are offered as one function (6.3.10)."""

    id: str
    place: Place
    name: str
    variable: Variable
    output_decisions: tuple[Reference, ...]
    encapsulated_decisions: tuple[Reference, ...]
    input_decisions: tuple[Reference, ...]
    input_data: tuple[Reference, ...]


RequirementsElement: TypeAlias = InputData | Decision | KnowledgeModel | DecisionService
"""What others can require."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """One file."""

    id: str
    name: str
    namespace: str
    dmn_version: str  #: "1.1" to "1.5"
    imports: tuple[Import, ...]
    items: tuple[ItemDefinition, ...]
    inputs: tuple[InputData, ...]
    decisions: tuple[Decision, ...]
    knowledge_models: tuple[KnowledgeModel, ...]
    services: tuple[DecisionService, ...]

    def elements(self) -> Iterator[RequirementsElement]:
        """Yield everything that can be required."""
        yield from self.inputs
        yield from self.decisions
        yield from self.knowledge_models
        yield from self.services
