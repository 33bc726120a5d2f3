"""Decision models: compiled once, evaluated pure (DMN 1.5, chapter 10)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bpmn_engine.dmn.compiler import FileCompiler
from bpmn_engine.dmn.elements import (
    CompiledDecision,
    CompiledElement,
    CompiledInput,
    CompiledKnowledge,
    CompiledService,
    ElementRef,
    Elements,
)
from bpmn_engine.dmn.evaluating import Evaluating, evaluate_service
from bpmn_engine.dmn.feel import FailingError, FeelType, Function, Value
from bpmn_engine.dmn.functions import call_named
from bpmn_engine.dmn.model import Definitions
from bpmn_engine.dmn.problems import Problem, ProblemKind, RulesHit, Spot
from bpmn_engine.dmn.requirements import find_cycles, in_order_of_imports
from bpmn_engine.dmn.run import Run
from bpmn_engine.model.definitions import Violation


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionResult:
    """What an evaluation gave."""

    value: Value
    problems: tuple[Problem, ...] = ()  #: why the value, or a part of it, is null
    hits: tuple[RulesHit, ...] = ()  #: of each decision table, in the order of evaluation
    decisions: Mapping[str, Value] = field(default_factory=dict)  #: each that was worked out


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionModel:
    """The compiled form of one file with those it imports; immutable and safe to share."""

    definitions: Definitions
    elements: Elements
    violations: tuple[Violation, ...]  #: of all files; the model can be evaluated all the same
    resolve: Callable[[str | None], FeelType | None]  #: a type of the file, by name
    invocable: Mapping[str, CompiledElement]  #: what can be asked, by id and by name
    declared: frozenset[str]  #: names of elements; decisions see values of other names as they are

    def type_named(self, name: str | None) -> FeelType | None:
        """Return a type as the file names it; no name is Any, and None means there is none."""
        return self.resolve(name)

    def type_of_input(self, name: str) -> FeelType | None:
        """Return the type of the input data or decision of this name, if there is one."""
        plain = " ".join(name.split())
        for one in self.elements.values():
            if isinstance(one, CompiledInput | CompiledDecision) and one.name == plain:
                return one.type
        return None

    def evaluate(
        self,
        wanted: str,
        inputs: Mapping[str, Value],
        now: dt.datetime,
        *,
        seed: int | None = None,
    ) -> DecisionResult:
        """Return the value of a decision of the file, or what a function of it gives.

        Args:
            wanted: the id or the name of a decision, decision service or knowledge model.
            inputs: values by name; an input of an imported file may be inside a context of the
                import's name, or have the namespace and `#` before its name.
            now: aware; the only clock.
            seed: what random numbers are made from; without one they are refused.
        """
        element = self.invocable.get(wanted)
        run = Run(now, seed=seed)
        if element is None:
            spot = Spot(decision=wanted, element_id=wanted, file_line=0)
            run.note(ProblemKind.UNKNOWN, f"Expected a decision {wanted}, but none is.", spot)
            return DecisionResult(value=None, problems=tuple(run.problems))
        found: dict[str, Value] = {}
        try:
            value = self._value(element, inputs, run, found)
        except FailingError as failing:
            value = None
            run.note(ProblemKind.BUDGET, failing.message, element.spot)
        except RecursionError:
            value = None
            message = "Expected fewer levels of calls and values, but these nest too deep."
            run.note(ProblemKind.BUDGET, message, element.spot)
        return DecisionResult(
            value=value, problems=tuple(run.problems), hits=tuple(run.hits), decisions=found
        )

    def _value(
        self,
        element: CompiledElement,
        inputs: Mapping[str, Value],
        run: Run,
        found: dict[str, Value],
    ) -> Value:
        given = self._given(inputs)
        if isinstance(element, CompiledService):
            values = {
                ref: one[0]
                for ref in element.parameters
                if (one := given(self.elements[ref])) is not None
            }
            return evaluate_service(element, self.elements, values, run)
        free = {name: value for name, value in inputs.items() if name not in self.declared}
        evaluating = Evaluating(self.elements, given, run, free=free)
        value = evaluating.value(element.ref)
        if isinstance(element, CompiledKnowledge) and isinstance(value, Function):
            return call_named(value, inputs, run, element.spot)
        found.update(
            {
                self.elements[ref].name: value
                for ref, value in evaluating.values.items()
                if isinstance(self.elements[ref], CompiledDecision)
            }
        )
        return value

    def _given(
        self, inputs: Mapping[str, Value]
    ) -> Callable[[CompiledElement], tuple[Value] | None]:
        prefixes = {one.namespace: one.name for one in self.definitions.imports}

        def given(element: CompiledElement) -> tuple[Value] | None:
            qualified = f"{element.ref.namespace}#{element.name}"
            for name in (qualified, element.name):
                if name in inputs:
                    return (inputs[name],)
            inside = inputs.get(prefixes.get(element.ref.namespace, ""))
            if isinstance(inside, Mapping) and element.name in inside:
                return (inside[element.name],)
            return None

        return given


def compile_decisions(
    definitions: Definitions, imported: Iterable[Definitions] = ()
) -> DecisionModel:
    """Compile a file with those it imports.

    What is wrong is in the violations of the model; a text that is no FEEL is null.
    """
    files = {one.namespace: one for one in (*imported, definitions)}
    elements: dict[ElementRef, CompiledElement] = {}
    types: dict[str, Mapping[str, FeelType]] = {}
    violations: list[Violation] = []
    resolve: Callable[[str | None], FeelType | None] = _no_types
    ordered: Sequence[Definitions] = in_order_of_imports(definitions, files, violations)
    reachable = {one.namespace: one for one in ordered}
    for file in ordered:
        compiler = FileCompiler(file, reachable, types)
        types[file.namespace] = compiler.own_types
        elements.update({one.ref: one for one in compiler.elements()})
        violations += compiler.violations
        resolve = compiler.resolve
    violations += find_cycles(elements)
    return DecisionModel(
        definitions=definitions,
        elements=elements,
        violations=tuple(violations),
        resolve=resolve,
        invocable=_invocable(elements.values(), definitions.namespace),
        declared=frozenset(one.name for one in elements.values() if not _is_only_drawn(one)),
    )


def _invocable(
    elements: Iterable[CompiledElement], namespace: str
) -> Mapping[str, CompiledElement]:
    """Return what can be asked: ids before names, those of the file before those it imports."""
    found = [one for one in elements if not isinstance(one, CompiledInput)]
    found.sort(key=lambda one: one.ref.namespace != namespace)
    by_name: dict[str, CompiledElement] = {}
    for one in found:
        by_name.setdefault(one.ref.id, one)
    for one in found:
        by_name.setdefault(one.name, one)
    return by_name


def _is_only_drawn(element: CompiledElement) -> bool:
    return isinstance(element, CompiledInput) and not element.is_declared


def _no_types(_name: str | None) -> FeelType | None:
    return None
