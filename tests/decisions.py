"""Builds DMN files in tests, so that the decision stands beside what is said about it.

    model(decision("discount", table("U", ["amount"], ["> 100 | 0.1", "- | 0"])))

A row of a table has its inputs, a bar, and its outputs; cells are divided by `;`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from bpmn_engine.dmn.decisions import DecisionModel, DecisionResult, compile_decisions
from bpmn_engine.dmn.feel import Value
from bpmn_engine.dmn.model import Definitions
from bpmn_engine.dmn.reading.reader import Refusal, read_definitions

DMN_15 = "https://www.omg.org/spec/DMN/20230324/MODEL/"
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)

_POLICIES = {
    "U": 'hitPolicy="UNIQUE"',
    "F": 'hitPolicy="FIRST"',
    "P": 'hitPolicy="PRIORITY"',
    "A": 'hitPolicy="ANY"',
    "C": 'hitPolicy="COLLECT"',
    "C+": 'hitPolicy="COLLECT" aggregation="SUM"',
    "C<": 'hitPolicy="COLLECT" aggregation="MIN"',
    "C>": 'hitPolicy="COLLECT" aggregation="MAX"',
    "C#": 'hitPolicy="COLLECT" aggregation="COUNT"',
    "R": 'hitPolicy="RULE ORDER"',
    "O": 'hitPolicy="OUTPUT ORDER"',
}


def file_xml(*parts: str, edition: str = DMN_15, namespace: str = "urn:test") -> str:
    """Return a file of these elements."""
    return (
        f'<definitions xmlns="{edition}" id="file" name="file" namespace="{namespace}">'
        f"{''.join(parts)}</definitions>"
    )


def read(xml: str) -> Definitions:
    """Return the definitions of a file that can be read."""
    found = read_definitions(xml.encode())
    assert not isinstance(found, Refusal), found.violations
    return found


def model(*parts: str, imported: Sequence[str] = ()) -> DecisionModel:
    """Return the compiled model of a file of these elements."""
    return compile_decisions(read(file_xml(*parts)), [read(one) for one in imported])


def evaluate(found: DecisionModel, wanted: str, **inputs: Value) -> DecisionResult:
    """Evaluate with inputs by name; `_` in a name stands for a blank."""
    values = {name.replace("_", " "): value for name, value in inputs.items()}
    return found.evaluate(wanted, values, NOW)


def value(logic: str, **inputs: Value) -> Value:
    """Return the value of one piece of boxed logic that reads these inputs."""
    return evaluate(
        model(decision("it", logic, requires=tuple(inputs)), *given(*inputs)), "it", **inputs
    ).value


def given(*names: str) -> tuple[str, ...]:
    """Return input data of these names, of any type."""
    return tuple(input_data(name) for name in names)


def input_data(name: str, kind: str | None = None) -> str:
    """Return input data."""
    return (
        f'<inputData id="{_id(name)}" name={quoteattr(name)}>{_variable(name, kind)}</inputData>'
    )


def decision(
    name: str,
    logic: str = "",
    *,
    requires: Sequence[str] = (),
    decisions: Sequence[str] = (),
    knowledge: Sequence[str] = (),
    kind: str | None = None,
) -> str:
    """Return a decision that requires input data, decisions and knowledge by their names."""
    needs = "".join(
        f'<informationRequirement><{tag} href="{_href(one)}"/></informationRequirement>'
        for tag, names in (("requiredInput", requires), ("requiredDecision", decisions))
        for one in names
    )
    needs += "".join(
        f'<knowledgeRequirement><requiredKnowledge href="{_href(one)}"/></knowledgeRequirement>'
        for one in knowledge
    )
    return (
        f'<decision id="{_id(name)}" name={quoteattr(name)}>{_variable(name, kind)}{needs}{logic}'
        "</decision>"
    )


def knowledge_model(
    name: str, parameters: Sequence[str], body: str, *, knowledge: Sequence[str] = ()
) -> str:
    """Return a business knowledge model; a parameter may have its type after a colon."""
    needs = "".join(
        f'<knowledgeRequirement><requiredKnowledge href="{_href(one)}"/></knowledgeRequirement>'
        for one in knowledge
    )
    return (
        f'<businessKnowledgeModel id="{_id(name)}" name={quoteattr(name)}>{_variable(name, None)}'
        f"<encapsulatedLogic>{_parameters(parameters)}{body}</encapsulatedLogic>{needs}"
        "</businessKnowledgeModel>"
    )


def function(parameters: Sequence[str], body: str, *, kind: str = "FEEL") -> str:
    """Return a boxed function."""
    inside = _parameters(parameters)
    return f'<functionDefinition kind="{kind}">{inside}{body}</functionDefinition>'


def feel(text: str, kind: str | None = None) -> str:
    """Return a literal expression."""
    return f"<literalExpression{_type(kind)}><text>{escape(text)}</text></literalExpression>"


def context(*entries: tuple[str, str] | str) -> str:
    """Return a boxed context; an entry that is no pair is the result cell."""
    inside = "".join(
        f"<contextEntry>{entry}</contextEntry>"
        if isinstance(entry, str)
        else f"<contextEntry>{_variable(entry[0], None)}{entry[1]}</contextEntry>"
        for entry in entries
    )
    return f"<context>{inside}</context>"


def table(
    policy: str,
    inputs: Sequence[str],
    rows: Sequence[str],
    *,
    outputs: Sequence[str] = ("out",),
    allowed: Sequence[str] = (),
    values: Sequence[str] = (),
    defaults: Sequence[str] = (),
) -> str:
    """Return a decision table; inputs and outputs may have a type after a colon.

    `allowed` are the input values, `values` the output values, one a column.
    """
    columns = "".join(
        f"<input><inputExpression{_type(kind)}><text>{escape(text)}</text></inputExpression>"
        f"{_optional('inputValues', allowed, place)}</input>"
        for place, (text, kind) in enumerate(_split(one) for one in inputs)
    )
    results = "".join(
        f"<output name={quoteattr(name)}{_type(kind)}>{_optional('outputValues', values, place)}"
        f"{_optional('defaultOutputEntry', defaults, place)}</output>"
        for place, (name, kind) in enumerate(_split(one) for one in outputs)
    )
    rules = "".join(_rule(row, has_inputs=bool(inputs)) for row in rows)
    return f"<decisionTable {_POLICIES[policy]}>{columns}{results}{rules}</decisionTable>"


def item(
    name: str,
    kind: str | None = None,
    *,
    allowed: str = "",
    is_list: bool = False,
    inside: str = "",
) -> str:
    """Return an item definition; `inside` are its components."""
    reference = "" if kind is None else f"<typeRef>{kind}</typeRef>"
    test = f"<allowedValues><text>{escape(allowed)}</text></allowedValues>" if allowed else ""
    return (
        f'<itemDefinition name="{name}" isCollection="{str(is_list).lower()}">{reference}{test}'
        f"{inside}</itemDefinition>"
    )


def component(name: str, kind: str, *, is_list: bool = False) -> str:
    """Return a component of an item definition."""
    return (
        f'<itemComponent name="{name}" isCollection="{str(is_list).lower()}">'
        f"<typeRef>{kind}</typeRef></itemComponent>"
    )


def _rule(row: str, *, has_inputs: bool) -> str:
    inputs, _, outputs = row.partition("|")
    cells = [cell.strip() for cell in inputs.split(";")] if has_inputs else []
    return (
        "<rule>"
        + "".join(f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in cells)
        + "".join(
            f"<outputEntry><text>{escape(cell.strip())}</text></outputEntry>"
            for cell in outputs.split(";")
        )
        + "</rule>"
    )


def _optional(tag: str, texts: Sequence[str], place: int) -> str:
    if place >= len(texts) or not texts[place]:
        return ""
    return f"<{tag}><text>{escape(texts[place])}</text></{tag}>"


def _parameters(names: Sequence[str]) -> str:
    return "".join(
        f"<formalParameter name={quoteattr(name)}{_type(kind)}/>"
        for name, kind in (_split(one) for one in names)
    )


def _split(text: str) -> tuple[str, str | None]:
    name, _, kind = text.partition(":")
    return name.strip(), kind.strip() or None


def _variable(name: str, kind: str | None) -> str:
    return f"<variable name={quoteattr(name)}{_type(kind)}/>"


def _type(kind: str | None) -> str:
    return "" if kind is None else f" typeRef={quoteattr(kind)}"


def _href(name: str) -> str:
    return name if "#" in name else f"#{_id(name)}"


def _id(name: str) -> str:
    return name.replace(" ", "_")
