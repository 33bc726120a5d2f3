"""Why an expression has its value: the evaluated tree, with the value of every sub-expression.

An explained text is compiled a second time, so that the usual evaluation pays nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from bpmn_engine.expressions.expression import EvaluationFailure, SyntaxFailure
from bpmn_engine.expressions.feel.expression import compile_feel
from bpmn_engine.expressions.feel.program import (
    NO_NAMES,
    FeelProgram,
    FeelWarning,
    Names,
    compile_program,
    compile_unary_tests,
)
from bpmn_engine.expressions.feel.scope import Evaluation
from bpmn_engine.expressions.feel.trace import TracedNode, Tracing
from bpmn_engine.expressions.feel.values import Value, text_pieces
from bpmn_engine.values import JsonValue

_SHOWN = 200
_SHOWN_PIECES = 100
_TEXT = 300
_DEEPEST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One evaluation of one sub-expression."""

    text: str  #: as it is written, cut off when it is long
    value: str  #: as FEEL writes it, cut off when it is long; empty when the evaluation failed
    parts: tuple[Explained, ...]  #: in the order of evaluation; as deep as a person would follow


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """How an expression came to its value."""

    source: str
    root: Explained
    value: Value  #: null when it failed
    failure: EvaluationFailure | None
    warnings: tuple[FeelWarning, ...]


def explain_program(
    text: str, values: Mapping[str, Value], now: dt.datetime, known: Names = NO_NAMES
) -> Explanation | SyntaxFailure:
    """Evaluate a text as decisions do, and tell how it came to its value; `now` is aware."""
    return _explained_program(compile_program(text, known, is_traced=True), values, now)


def explain_unary_tests(
    text: str, values: Mapping[str, Value], now: dt.datetime, known: Names = NO_NAMES
) -> Explanation | SyntaxFailure:
    """Evaluate the tests of an input entry, and tell how; the input is the value `?`."""
    return _explained_program(compile_unary_tests(text, known, is_traced=True), values, now)


def _explained_program(
    program: FeelProgram | SyntaxFailure, values: Mapping[str, Value], now: dt.datetime
) -> Explanation | SyntaxFailure:
    if isinstance(program, SyntaxFailure):
        return program
    evaluation = Evaluation(now)
    evaluation.tracing = Tracing()
    outcome = program.evaluate(values, now, evaluation=evaluation)
    return Explanation(
        source=program.source,
        root=explained_root(evaluation.tracing, program.source),
        value=outcome.value,
        failure=outcome.failure,
        warnings=outcome.warnings,
    )


def explain_feel(
    text: str, source: str, variables: Mapping[str, JsonValue], now: dt.datetime
) -> Explanation | SyntaxFailure:
    """Evaluate a text as diagrams do, where what goes wrong is a failure; `now` is aware.

    Offsets in `text` are those in `source`, which the explanation shows.
    """
    expression = compile_feel(text, source, is_traced=True)
    if isinstance(expression, SyntaxFailure):
        return expression
    tracing = Tracing()
    result = expression.evaluate_traced(variables, now, tracing)
    failure = result if isinstance(result, EvaluationFailure) else None
    return Explanation(
        source=source,
        root=explained_root(tracing, source),
        value=None if isinstance(result, EvaluationFailure) else result,
        failure=failure,
        warnings=(),
    )


def explanation_lines(explained: Explained, level: int = 0) -> tuple[str, ...]:
    """Return the tree as lines of text, the parts indented below the whole."""
    shown = explained.value or "failed"
    lines = [f"{'  ' * level}{explained.text} = {shown}"]
    for part in explained.parts:
        lines.extend(explanation_lines(part, level + 1))
    return tuple(lines)


def explained_root(tracing: Tracing, source: str) -> Explained:
    """Return what a tracing holds of the whole expression, once it was evaluated."""
    return _explained(tracing.open[0].parts[0], source)


def _explained(node: TracedNode, source: str, level: int = 0) -> Explained:
    text = " ".join(source[node.start : node.end].split())
    parts = node.parts if level < _DEEPEST else ()
    return Explained(
        text=f"{text[:_TEXT]}…" if len(text) > _TEXT else text,
        value=shown_value(node.value) if node.is_done else "",
        parts=tuple(
            [_explained(part, source, level + 1) for part in parts if not part.is_literal]
        ),
    )


def shown_value(value: Value) -> str:
    """Return a value as FEEL writes it, cut off when it is long."""
    pieces: list[str] = []
    length = 0
    for piece in text_pieces(value):
        pieces.append(piece[: _SHOWN + 1])
        length += len(piece)
        if length > _SHOWN or len(pieces) > _SHOWN_PIECES:
            break
    text = "".join(pieces)
    text = f'"{text}"' if isinstance(value, str) else text
    is_cut = length > _SHOWN or len(pieces) > _SHOWN_PIECES
    return f"{text[:_SHOWN]}…" if is_cut else text
