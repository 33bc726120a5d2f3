"""From definitions to a decision model: requirements resolved, logic compiled to closures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bpmn_engine.dmn.boxed import compile_function, compile_logic
from bpmn_engine.dmn.elements import (
    Alias,
    CompiledDecision,
    CompiledElement,
    CompiledInput,
    CompiledKnowledge,
    CompiledService,
    ElementRef,
    Requirement,
)
from bpmn_engine.dmn.expressions import DecisionTable
from bpmn_engine.dmn.feel import FeelType, Names
from bpmn_engine.dmn.member_names import member_names
from bpmn_engine.dmn.model import (
    Decision,
    DecisionService,
    Definitions,
    InputData,
    KnowledgeModel,
    Reference,
)
from bpmn_engine.dmn.problems import ProblemKind, Spot
from bpmn_engine.dmn.types import TypeReader, result_of
from bpmn_engine.dmn.unit import Unit, fitting, null_code
from bpmn_engine.ids import ElementId
from bpmn_engine.model.definitions import Severity, Violation


class FileCompiler:
    """Compiles one file; the files that it imports are compiled before."""

    def __init__(
        self,
        definitions: Definitions,
        files: Mapping[str, Definitions],
        types: Mapping[str, Mapping[str, FeelType]],
    ) -> None:
        """Take the file, all files by namespace, and the types of those compiled before."""
        self._definitions = definitions
        self._files = files
        self._prefixes = {one.namespace: one.name for one in definitions.imports}
        self._types = TypeReader(
            {one.name: types.get(one.namespace, {}) for one in definitions.imports}
        )
        self.own_types = self._types.read(definitions)
        self.violations: list[Violation] = [*self._types.violations]
        self._members = member_names(files.values())

    def resolve(self, name: str | None) -> FeelType | None:
        """Return the type that the file knows by a name; no name is Any."""
        return self._types.resolve(name)

    def elements(self) -> Iterator[CompiledElement]:
        """Yield the compiled elements of the file."""
        for one in self._definitions.inputs:
            yield self._input(one)
        for decision in self._definitions.decisions:
            yield self._decision(decision)
        for model in self._definitions.knowledge_models:
            yield self._knowledge(model)
        for service in self._definitions.services:
            yield self._service(service)

    def _ref(self, element_id: str) -> ElementRef:
        return ElementRef(self._definitions.namespace, element_id)

    def _unit(self, name: str, names: frozenset[str]) -> Unit:
        known = Names(
            variables=names,
            members=self._members,
            types={**self._types.types, **self.own_types},
        )
        return Unit(
            decision=name,
            names=known,
            resolve=self._types.resolve,
            violations=self.violations,
        )

    def _input(self, data: InputData) -> CompiledInput:
        unit = self._unit(data.name, frozenset())
        return CompiledInput(
            ref=self._ref(data.id),
            name=data.variable.name,
            type=unit.type_of(data.variable.type_ref, data.place),
            is_declared=data.is_declared,
            spot=unit.spot(data.place),
        )

    def _decision(self, decision: Decision) -> CompiledDecision:
        references = (
            *decision.required_inputs,
            *decision.required_decisions,
            *decision.required_knowledge,
        )
        requirements = self._requirements(decision.name, references)
        known = _names_of(requirements) | self._aliases(decision.required_decisions)
        unit = self._unit(decision.name, known)
        spot = unit.spot(decision.place)
        wanted = unit.type_of(decision.variable.type_ref, decision.place)
        logic = None
        if decision.logic is not None:
            code = compile_logic(decision.logic, unit, spot)
            logic = fitting(code, wanted, spot, what="the result")
            self._note_not_required(unit, spot)
        return CompiledDecision(
            ref=self._ref(decision.id),
            name=decision.variable.name,
            type=wanted,
            requirements=requirements,
            logic=logic,
            spot=spot,
            version_tag=decision.version_tag,
            aliases=aliases_of(decision),
        )

    def _note_not_required(self, unit: Unit, spot: Spot) -> None:
        """Note the names of elements that a decision reads although it requires them not."""
        declared = {
            one.variable.name
            for one in self._definitions.elements()
            if not isinstance(one, InputData) or one.is_declared
        }
        known = unit.names.variables | unit.introduced
        for name in sorted((unit.reads & declared) - known):
            message = (
                f"{unit.decision}: Expected a requirement of {name}, which is read, but there is "
                f"none, so that it is null. Draw it from {name} to {unit.decision}."
            )
            self.violations.append(
                Violation(
                    rule="not-required",
                    message=message,
                    element_id=ElementId(spot.element_id),
                    line=spot.file_line or None,
                    severity=Severity.WARNING,
                )
            )

    def _knowledge(self, model: KnowledgeModel) -> CompiledKnowledge:
        requirements = self._requirements(model.name, model.required_knowledge)
        unit = self._unit(model.name, _names_of(requirements) | {model.variable.name})
        spot = unit.spot(model.place)
        code = null_code(ProblemKind.NO_LOGIC, "Expected logic, but there is none.", spot)
        if model.function is not None:
            result = result_of(unit.type_of(model.variable.type_ref, model.place))
            code = compile_function(model.function, unit, result=result)
        return CompiledKnowledge(
            ref=self._ref(model.id),
            name=model.variable.name,
            requirements=requirements,
            function=code,
            spot=spot,
        )

    def _service(self, service: DecisionService) -> CompiledService:
        unit = self._unit(service.name, frozenset())
        members = {
            word: tuple([one.ref for one in self._requirements(service.name, references)])
            for word, references in (
                ("outputs", service.output_decisions),
                ("encapsulated", service.encapsulated_decisions),
                ("decisions", service.input_decisions),
                ("data", service.input_data),
            )
        }
        return CompiledService(
            ref=self._ref(service.id),
            name=service.variable.name,
            type=result_of(unit.type_of(service.variable.type_ref, service.place)),
            outputs=members["outputs"],
            encapsulated=frozenset({*members["outputs"], *members["encapsulated"]}),
            parameters=(*members["data"], *members["decisions"]),
            spot=unit.spot(service.place),
        )

    def _aliases(self, references: Sequence[Reference]) -> frozenset[str]:
        own = {one.id: one for one in self._definitions.decisions}
        return frozenset(
            alias.name
            for reference in references
            if reference.element_id in own
            for alias in aliases_of(own[reference.element_id])
        )

    def _requirements(
        self, owner: str, references: Sequence[Reference]
    ) -> tuple[Requirement, ...]:
        found = [self._requirement(owner, reference) for reference in references]
        return tuple([one for one in found if one is not None])

    def _requirement(self, owner: str, reference: Reference) -> Requirement | None:
        file = self._files.get(reference.namespace)
        name = None if file is None else variable_names(file).get(reference.element_id)
        if name is None:
            where = "" if file is not None else f" of the namespace {reference.namespace}"
            message = f"{owner}: Expected an element {reference.element_id}{where}, but none is."
            self.violations.append(
                Violation(
                    rule="dangling-reference",
                    message=message,
                    element_id=ElementId(reference.place.element_id),
                    line=reference.place.line,
                )
            )
            return None
        is_own = reference.namespace == self._definitions.namespace
        return Requirement(
            ref=ElementRef(reference.namespace, reference.element_id),
            prefix="" if is_own else self._prefixes.get(reference.namespace, ""),
            name=name,
        )


def variable_names(definitions: Definitions) -> Mapping[str, str]:
    """Return the name of each element that can be required, by its id."""
    return {one.id: one.variable.name for one in definitions.elements()}


def aliases_of(decision: Decision) -> tuple[Alias, ...]:
    """Return the names by which Camunda's decisions know one without a variable.

    Camunda 8 takes its id, Camunda 7 the names of its outputs.
    """
    if decision.is_declared:
        return ()
    found = [Alias(decision.id, None)]
    if isinstance(decision.logic, DecisionTable):
        outputs = decision.logic.outputs
        is_one = len(outputs) == 1
        found += [Alias(one.name, None if is_one else one.name) for one in outputs if one.name]
    return tuple(found)


def _names_of(requirements: Sequence[Requirement]) -> frozenset[str]:
    return frozenset(one.prefix or one.name for one in requirements)
