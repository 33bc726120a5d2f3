"""The JUEL expression: a template in, value or failure out."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass

from lark import Tree

from bpmn_engine.expressions.expression import (
    MAX_DEPTH,
    EvaluationFailure,
    FailingError,
    Language,
    SyntaxFailure,
    evaluation_failure,
    syntax_failure,
)
from bpmn_engine.expressions.feel.trace import Tracing
from bpmn_engine.expressions.feel.values import Value, lower, text_of
from bpmn_engine.expressions.juel.compiler import compile_tree
from bpmn_engine.expressions.juel.delegates import ANYWHERE, Surroundings
from bpmn_engine.expressions.juel.grammar import juel_parser
from bpmn_engine.expressions.juel.reading import Code, Reading
from bpmn_engine.expressions.juel.suffixes import Place
from bpmn_engine.expressions.juel.template import Segment, cut_template
from bpmn_engine.expressions.misread import MisreadError
from bpmn_engine.expressions.words import read_tree
from bpmn_engine.functions import NO_FUNCTIONS, FunctionTable
from bpmn_engine.values import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class JuelExpression:
    """A compiled JUEL template; a lone `${…}` keeps the type of its value, others give text."""

    source: str
    names: frozenset[str]
    segments: tuple[str | Code, ...]
    language: Language = Language.JUEL
    functions: FunctionTable = NO_FUNCTIONS  #: it was compiled with
    surroundings: Surroundings = ANYWHERE  #: it was compiled for

    def evaluate(
        self,
        variables: Mapping[str, JsonValue],
        now: dt.datetime,
    ) -> JsonValue | EvaluationFailure:
        """Return the value as JSON, or why there is none."""
        try:
            return self._evaluate(Reading(variables, now))
        except FailingError as failing:
            return evaluation_failure(failing, self.source, self.names, variables)
        except ArithmeticError:
            reason = FailingError("Expected finite numbers, but found one that is not.")
            return evaluation_failure(reason, self.source, self.names, variables)
        except RecursionError:
            reason = FailingError("Expected values of fewer levels, but these nest too deep.")
            return evaluation_failure(reason, self.source, self.names, variables)

    def _evaluate(self, reading: Reading) -> JsonValue:
        only = self.segments[0]
        if len(self.segments) == 1 and not isinstance(only, str):
            return lower(only.run(reading), reading.budget)
        parts = []
        length = 0
        for segment in self.segments:
            part = segment if isinstance(segment, str) else _text(segment.run(reading), reading)
            length += len(part)
            parts.append(part)
            reading.budget.check_text(length)
        return "".join(parts)


def _text(value: Value, reading: Reading) -> str:
    """Return the value as part of a composite text: null is empty, lists and maps are JSON."""
    if value is None:
        return ""
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(lower(value, reading.budget), ensure_ascii=False)
    return text_of(value)


def compile_juel(
    source: str,
    *,
    tracing: Tracing | None = None,
    functions: FunctionTable = NO_FUNCTIONS,
    surroundings: Surroundings = ANYWHERE,
) -> JuelExpression | SyntaxFailure:
    """Compile a template; without any `${…}` the whole text is one expression.

    With `functions`, the names of beans call what is registered there. With a `tracing`, which
    one evaluation fills, the expression is slower and can be explained.
    """
    names: set[str] = set()

    def place(segment: Segment) -> Place:
        return Place(
            text=segment.text,
            offset=segment.offset,
            names=names,
            tracing=tracing,
            functions=functions,
            surroundings=surroundings,
        )

    try:
        segments = tuple(
            [_compile_segment(segment, place(segment)) for segment in _segments(source)]
        )
    except MisreadError as error:
        return syntax_failure(error.message, source, error.offset)
    except RecursionError:
        message = f"Expected at most {MAX_DEPTH} levels, but the expression nests deeper."
        return syntax_failure(message, source, 0)
    return JuelExpression(
        source=source,
        names=frozenset(names),
        segments=segments,
        functions=functions,
        surroundings=surroundings,
    )


def _segments(source: str) -> tuple[Segment, ...]:
    if "${" in source or "#{" in source:
        return cut_template(source)
    return (Segment(text=source, offset=0, is_computed=True),)


def _compile_segment(segment: Segment, place: Place) -> str | Code:
    if not segment.is_computed:
        return segment.text
    try:
        root = read_tree(juel_parser(), segment.text, "JUEL")
    except MisreadError as error:
        raise MisreadError(error.message, segment.offset + error.offset) from error
    tree = root.children[0]
    if not isinstance(tree, Tree):
        raise MisreadError("Expected a JUEL expression.", segment.offset)
    return compile_tree(tree, place)
