"""Finding the values of elements, each once, what it requires first (DMN 1.5, 10.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from bpmn_engine.dmn.elements import (
    CompiledDecision,
    CompiledElement,
    CompiledInput,
    CompiledKnowledge,
    CompiledService,
    ElementRef,
    Elements,
    Requirement,
)
from bpmn_engine.dmn.feel import ANY, FeelType, Function, Value, items_of
from bpmn_engine.dmn.functions import Parameter, make_function
from bpmn_engine.dmn.problems import ProblemKind
from bpmn_engine.dmn.run import Frame, Run

Given = Callable[[CompiledInput | CompiledDecision], "tuple[Value] | None"]
"""Returns the value that is given from outside for an element, if there is one."""


class Evaluating:
    """The values of one decision or one call of a decision service; lives for that only."""

    __slots__ = ("_elements", "_free", "_given", "_in_progress", "_only", "run", "values")

    def __init__(
        self,
        elements: Elements,
        given: Given,
        run: Run,
        *,
        free: Frame,
        only: frozenset[ElementRef] | None = None,
    ) -> None:
        """Begin.

        Args:
            elements: all that may be required.
            given: the values from outside.
            run: where to note problems.
            free: values that no element declares; every decision sees them.
            only: the decisions that may be worked out, when others come from outside.
        """
        self._elements = elements
        self._given = given
        self._free = free
        self._only = only
        self._in_progress: set[ElementRef] = set()
        self.run = run
        self.values: dict[ElementRef, Value] = {}

    def value(self, ref: ElementRef) -> Value:
        """Return the value of an element, worked out at most once.

        Raises:
            FailingError: the budget is spent.
        """
        if ref in self.values:
            return self.values[ref]
        element = self._elements[ref]
        if ref in self._in_progress:
            message = f"Expected decisions without a cycle, but {element.name} requires itself."
            self.run.note(ProblemKind.CYCLE, message, element.spot)
            return None
        self._in_progress.add(ref)
        value = self._find(element)
        self._in_progress.discard(ref)
        self.values[ref] = value
        return value

    def _find(self, element: CompiledElement) -> Value:
        match element:
            case CompiledInput():
                return self._input(element)
            case CompiledDecision():
                return self._decision(element)
            case CompiledKnowledge():
                return self._knowledge(element)
            case CompiledService():
                return self._service(element)

    def _input(self, element: CompiledInput) -> Value:
        given = self._given(element)
        if given is None:
            if not element.is_declared:
                return None
            message = f"Expected the input {element.name}, but it is not given."
            self.run.note(ProblemKind.WARNING, message, element.spot)
            return None
        return self.run.fit(given[0], element.type, element.spot, what=element.name)

    def _decision(self, element: CompiledDecision) -> Value:
        is_outside = self._only is not None and element.ref not in self._only
        if element.logic is None or is_outside:
            given = self._given(element)
            if given is None:
                message = f"Expected a value of {element.name}, but it has neither logic nor one."
                self.run.note(ProblemKind.NO_LOGIC, message, element.spot)
                return None
            return self.run.fit(given[0], element.type, element.spot, what=element.name)
        return element.logic(self._frame(element.requirements, self._free), self.run)

    def _knowledge(self, element: CompiledKnowledge) -> Value:
        """Return the function; it sees itself, and may so be recursive."""
        frame: dict[str, Value] = {}
        function = element.function(frame, self.run)
        self.values[element.ref] = function
        frame.update(self._frame(element.requirements, {}))
        frame[element.name] = function
        return function

    def _service(self, element: CompiledService) -> Value:
        return service_function(element, self._elements, self.run)

    def _aliases(self, ref: ElementRef) -> Iterator[tuple[str, Value]]:
        """Yield the other names of a decision, with their values."""
        element = self._elements[ref]
        if isinstance(element, CompiledDecision):
            for alias in element.aliases:
                yield alias.name, _output(self.value(ref), alias.output)

    def _frame(self, requirements: Sequence[Requirement], free: Frame) -> dict[str, Value]:
        frame: dict[str, Value] = dict(free)
        for requirement in requirements:
            frame.update(self._aliases(requirement.ref))
        imported: dict[str, dict[str, Value]] = {}
        for requirement in requirements:
            value = self.value(requirement.ref)
            if requirement.prefix:
                imported.setdefault(requirement.prefix, {})[requirement.name] = value
            else:
                frame[requirement.name] = value
        frame.update(imported)
        return frame


def _output(value: Value, name: str | None) -> Value:
    """Return one output of a value; of a list of contexts a list of it."""
    if name is None or value is None:
        return value
    if isinstance(value, Mapping):
        return value.get(name)
    items = items_of(value)
    return None if items is None else [_output(item, name) for item in items]


def service_function(element: CompiledService, elements: Elements, run: Run) -> Function:
    """Return a decision service as the function that it is."""
    parameters = [
        Parameter(name=elements[ref].name, type=type_of(elements[ref]))
        for ref in element.parameters
    ]

    def inside(values: Sequence[Value]) -> Value:
        given = dict(zip(element.parameters, values, strict=True))
        return evaluate_service(element, elements, given, run)

    return make_function(parameters, inside, run, element.spot, result=element.type)


def evaluate_service(
    element: CompiledService, elements: Elements, given: Mapping[ElementRef, Value], run: Run
) -> Value:
    """Return what a decision service gives: the only output decision, or a context of all.

    Raises:
        FailingError: the budget is spent.
    """

    def value_of(wanted: CompiledInput | CompiledDecision) -> tuple[Value] | None:
        return (given[wanted.ref],) if wanted.ref in given else None

    inner = Evaluating(elements, value_of, run, free={}, only=element.encapsulated)
    values = {elements[ref].name: inner.value(ref) for ref in element.outputs}
    result: Value = values
    if len(element.outputs) == 1:
        result = next(iter(values.values()))
    return run.fit(result, element.type, element.spot, what="the result")


def type_of(element: CompiledElement) -> FeelType:
    """Return the type of an element's value, as far as it matters to a caller."""
    return element.type if isinstance(element, CompiledInput | CompiledDecision) else ANY
