"""The playground: expressions and deployed decisions tried out; the REST API does the work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import render_template, request

from bpmn_engine.service.views import PageRequest
from web.context import service
from web.pages.answers import good

_MOST_DECISIONS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One expression to begin with."""

    name: str
    mode: str  #: one of `MODES`
    expression: str
    variables: str  #: JSON
    tested: str = ""  #: JSON, of a unary test


MODES: Final[Sequence[tuple[str, str]]] = (
    ("", "As it looks: ${…} is JUEL, else FEEL"),
    ("feel", "FEEL, as decisions evaluate it"),
    ("strict", "FEEL, as diagrams evaluate it"),
    ("test", "FEEL, a cell of a decision table"),
    ("juel", "JUEL"),
)
"""How the text is read, and in which words the page offers that."""

_ORDER = """\
{
  "amount": 120,
  "status": "open",
  "customer": {"name": "Alice", "country": "DE"}
}"""
_INVOICE = """\
{
  "lines": [
    {"item": "desk", "price": 349, "count": 2},
    {"item": "lamp", "price": 24.5, "count": 4}
  ],
  "issued": "2026-01-31"
}"""

EXAMPLES: Final = (
    Example(
        name="Condition",
        mode="",
        expression='= amount > 100 and status = "open"',
        variables=_ORDER,
    ),
    Example(
        name="Total of an invoice",
        mode="feel",
        expression="sum(for line in lines return line.price * line.count) * 1.19",
        variables=_INVOICE,
    ),
    Example(
        name="Due date",
        mode="feel",
        expression='{\n  due: date(issued) + duration("P14D"),\n  weekday: day of week(due)\n}',
        variables=_INVOICE,
    ),
    Example(
        name="A name that is missing",
        mode="feel",
        expression="if discount > 0 then amount - discount else amount",
        variables=_ORDER,
    ),
    Example(
        name="Cell of a table",
        mode="test",
        expression="< 100, [1000..5000)",
        variables="{}",
        tested="1200",
    ),
    Example(
        name="JUEL",
        mode="",
        expression='Dear ${customer.name}, ${amount >= 100 ? "shipping is free" : "thank you"}.',
        variables=_ORDER,
    ),
)
"""What a click fills in."""


def playground() -> str:
    """Show the editor of expressions, or that of decisions."""
    if request.args.get("tab") == "decisions":
        found = good(service().decisions(page=PageRequest(limit=_MOST_DECISIONS)))
        return render_template(
            "playground.html",
            tab="decisions",
            decisions=[_option(one.decision_id, one.name, one.version) for one in found.items],
            chosen=request.args.get("decision", ""),
        )
    return render_template("playground.html", tab="expressions", modes=MODES, examples=EXAMPLES)


def _option(decision_id: str, name: str | None, version: int) -> Mapping[str, str]:
    shown = decision_id if name in {None, decision_id} else f"{name} ({decision_id})"
    return {"decision_id": decision_id, "words": f"{shown}, version {version}"}
