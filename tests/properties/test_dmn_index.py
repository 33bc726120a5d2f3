"""A table with an index gives what asking FEEL rule by rule gives."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from bpmn_engine.dmn.cells import NotSimple, point_of, read_cell
from bpmn_engine.dmn.checks.pieces import is_in
from bpmn_engine.dmn.feel import Evaluation, FeelProgram, Names, Value, compile_unary_tests
from tests.decisions import NOW, decision, evaluate, model, table
from tests.decisions import given as inputs

numbers = st.integers(min_value=-3, max_value=12)
texts = st.sampled_from(["a", "b", "bb", "c"])
days = st.integers(min_value=1, max_value=9).map(lambda day: dt.date(2026, 1, day))

constants = {
    "number": numbers.map(str),
    "string": texts.map(lambda text: f'"{text}"'),
    "date": days.map(lambda day: f'date("{day.isoformat()}")'),
}


@st.composite
def simple_tests(draw: st.DrawFn, kind: str) -> str:
    """Draw one simple test of a kind."""
    constant = constants[kind]
    match draw(st.integers(min_value=0, max_value=2)):
        case 0:
            return draw(constant)
        case 1:
            return f"{draw(st.sampled_from(['<', '<=', '>', '>=']))} {draw(constant)}"
        case _:
            opening, closing = draw(st.sampled_from("[(]")), draw(st.sampled_from("])["))
            return f"{opening}{draw(constant)}..{draw(constant)}{closing}"


@st.composite
def cells(draw: st.DrawFn) -> str:
    """Draw an input entry, simple or not."""
    kind = draw(st.sampled_from(sorted(constants)))
    found = ", ".join(draw(st.lists(simple_tests(kind), min_size=1, max_size=3)))
    shape = draw(st.integers(min_value=0, max_value=9))
    if shape == 0:
        return "-"
    if shape == 1:
        return f"? in ({found})"
    return f"not({found})" if shape == 2 else found


values: st.SearchStrategy[Value] = st.one_of(
    numbers.map(Decimal),
    texts,
    days,
    st.booleans(),
    st.none(),
    st.lists(numbers.map(Decimal), max_size=2),
)


@settings(max_examples=150, deadline=None)
@given(cell=cells(), value=values)
def test_a_simple_cell_holds_the_values_that_feel_says_it_holds(cell: str, value: Value) -> None:
    program = compile_unary_tests(cell, Names(variables=frozenset({"?"})))
    assert isinstance(program, FeelProgram), program
    simple = read_cell(cell)
    point = point_of(value)
    if isinstance(simple, NotSimple) or simple is None or point is None:
        return

    expected = program.run({"?": value}, Evaluation(NOW)) is True

    same_kind = tuple(interval for interval in simple if interval.kind == point[0])
    assert (bool(same_kind) and is_in(point[1], same_kind)) is expected


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.tuples(cells(), cells()), min_size=1, max_size=25),
    pairs=st.lists(st.tuples(values, values), min_size=1, max_size=5),
)
def test_the_rules_that_hold_are_those_whose_cells_all_hold(
    rows: list[tuple[str, str]], pairs: list[tuple[Value, Value]]
) -> None:
    told = [f"{x}; {y} | {number}" for number, (x, y) in enumerate(rows)]
    found = model(
        decision("it", table("C", ["x", "y"], told), requires=["x", "y"]), *inputs("x", "y")
    )

    for x, y in pairs:
        expected = [
            number for number, row in enumerate(rows) if holds(row[0], x) and holds(row[1], y)
        ]
        assert list(evaluate(found, "it", x=x, y=y).value or ()) == expected


def holds(cell: str, value: Value) -> bool:
    """Tell what FEEL says of one cell."""
    if cell == "-":
        return True
    program = compile_unary_tests(cell, Names(variables=frozenset({"?"})))
    assert isinstance(program, FeelProgram), program
    return program.run({"?": value}, Evaluation(NOW)) is True
