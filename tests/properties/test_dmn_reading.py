"""Whatever a DMN file says, reading, checking and evaluating it ends with values and reasons."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from bpmn_engine.dmn.checks.findings import check_model
from bpmn_engine.dmn.decisions import DecisionResult, compile_decisions
from bpmn_engine.dmn.model import Definitions
from bpmn_engine.dmn.reading.reader import Refusal, read_definitions
from tests.decisions import (
    NOW,
    component,
    context,
    decision,
    feel,
    file_xml,
    function,
    input_data,
    item,
    knowledge_model,
    table,
)

LOOP = f'<for iteratorVariable="x"><in>{feel("xs")}</in><return>{feel("f(x)")}</return></for>'
WHOLE = file_xml(
    item("tSize", "string", allowed='"S", "M"'),
    item("tBox", inside=component("size", "tSize") + component("boxes", "tBox", is_list=True)),
    input_data("box", "tBox"),
    input_data("amount", "number"),
    knowledge_model("twice", ["n: number"], feel("n * 2")),
    decision(
        "rate",
        table(
            "P",
            ["amount: number", "box.size"],
            ["[1..5); - | 1; x", '> 9, 7; not("S") | 2; y', "-; ? = null | twice(2); z"],
            outputs=["low: number", "high"],
            values=["1, 2", ""],
            defaults=["0"],
        ),
        requires=["amount", "box"],
        knowledge=["twice"],
    ),
    decision(
        "all",
        context(
            ("f", function(["a"], feel("a + rate.low"))),
            ("xs", f"<list>{feel('1')}{feel('amount')}</list>"),
            ("ys", LOOP),
            feel("sum(ys)"),
        ),
        requires=["amount"],
        decisions=["rate"],
    ),
)
PIECES = (
    *("UNIQUE", "COLLECT", 'aggregation="SUM"', "tBox", "#rate", "#all", "#twice", "?", "amount"),
    *("[1..5]", "1", '"a"', "null", "not(", ")", "function(x) x", "all", "<", "&lt;", "-", ","),
    *(
        "<text>",
        "</text>",
        "<rule>",
        "<output/>",
        "<literalExpression/>",
        "for x in ",
        "\\x00",
        "é",
    ),
)

edits = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=len(WHOLE)),
        st.integers(min_value=0, max_value=30),
        st.one_of(st.just(""), st.sampled_from(PIECES)),
    ),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(changes=edits, amount=st.one_of(st.integers().map(Decimal), st.none(), st.text(max_size=3)))
def test_a_changed_file_is_refused_or_evaluated_and_never_raises(
    changes: list[tuple[int, int, str]], amount: Decimal | str | None
) -> None:
    text = WHOLE
    for place, length, piece in changes:
        text = text[:place] + piece + text[place + length :]

    read = read_definitions(text.encode())

    if isinstance(read, Refusal):
        assert read.violations
        return
    evaluate_all(read, amount)


def evaluate_all(read: Definitions, amount: Decimal | str | None) -> None:
    """Check a file and evaluate all in it."""
    model = compile_decisions(read)
    assert all(one.message for one in check_model(model))
    for element in read.elements():
        result = model.evaluate(element.id, {"amount": amount, "box": {"size": "S"}}, NOW)
        assert isinstance(result, DecisionResult)
