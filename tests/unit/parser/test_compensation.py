"""Compensation, transactions and cancel events: what is read, what is refused and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bpmn_engine.model.definitions import Coverage, Definitions, Refusal, Severity
from bpmn_engine.model.event_definitions import CancelEventDefinition, CompensateEventDefinition
from bpmn_engine.model.flow_nodes import SubProcess
from bpmn_engine.parser.reader import read_definitions
from tests.diagrams import (
    Element,
    association,
    boundary,
    cancel,
    compensate,
    end,
    event_subprocess,
    process,
    service,
    signal,
    start,
    subprocess,
    task,
    throw,
    transaction,
    undone,
)


def nodes(xml: bytes) -> dict:
    """Return the elements of the only process by id."""
    definitions = read_definitions(xml)
    assert isinstance(definitions, Definitions), definitions.violations
    return {node.id: node for node in definitions.processes[0].nodes}


def refused(xml: bytes) -> list[tuple[str, str | None]]:
    """Return rule and element of each error."""
    outcome = read_definitions(xml)
    assert isinstance(outcome, Refusal)
    return [(v.rule, v.element_id) for v in outcome.violations if v.severity is Severity.ERROR]


def warned(xml: bytes) -> list[tuple[str, str | None]]:
    """Return rule and element of each warning."""
    definitions = read_definitions(xml)
    assert isinstance(definitions, Definitions), definitions.violations
    return [(v.rule, v.element_id) for v in definitions.warnings]


def line(last: Element | None = None, **elements: Element) -> bytes:
    """One task between two events, and what else is given."""
    drawn = {"s": start(), "a": task(), "e": last or end()}
    return process("s -> a -> e", **drawn | elements)


# What is read -----------------------------------------------------------------------------------


def test_association_leads_from_the_event_to_the_handler():
    read = nodes(line(**undone("a", service("undo"))))

    assert read["on_a"].definition == CompensateEventDefinition()
    assert read["on_a"].compensation_handler == "undo_a"
    assert not read["on_a"].is_interrupting
    assert read["undo_a"].is_for_compensation
    assert not read["a"].is_for_compensation


def test_association_drawn_the_other_way_counts_too():
    undo = undone("a", task()) | {"association_a": association("undo_a", "on_a")}

    assert nodes(line(**undo))["on_a"].compensation_handler == "undo_a"


def test_association_to_a_handler_is_executed_and_another_is_documentation():
    undo = undone("a", task()) | {"other": association("a", "e")}

    definitions = read_definitions(line(**undo))

    fates = {entry.element_id: entry.coverage for entry in definitions.certificate.entries}
    assert fates["association_a"] is Coverage.EXECUTED
    assert fates["undo_a"] is Coverage.EXECUTED
    assert fates["other"] is Coverage.DOCUMENTATION


def test_throw_event_says_what_it_compensates_and_whether_it_waits():
    read = nodes(line(end(compensate("a", waits=False)), **undone("a", task())))

    assert read["e"].definition == CompensateEventDefinition(
        activity="a", waits_for_completion=False
    )


def test_transaction_is_a_sub_process_with_cancel_events():
    read = nodes(
        process(
            "s -> t -> e",
            "x -> e2",
            s=start(),
            t=transaction("a -> b", a=start(), b=end(cancel())),
            e=end(),
            x=boundary("t", cancel()),
            e2=end(),
        )
    )

    assert isinstance(read["t"], SubProcess)
    assert read["t"].is_transaction
    assert read["t"].nodes[1].definition == CancelEventDefinition()
    assert read["x"].is_interrupting


def test_event_sub_process_that_compensates_is_read():
    sub = subprocess(
        "b -> c",
        b=start(),
        c=end(),
        undo=event_subprocess("d -> f", d=start(compensate()), f=end()),
    )

    inner = nodes(line(a=sub))["a"].nodes[2]

    assert inner.is_triggered_by_event
    assert inner.nodes[0].definition == CompensateEventDefinition()


# What is refused --------------------------------------------------------------------------------


def unmarked() -> dict[str, Element]:
    """A handler that lacks its marker."""
    undo = undone("a", task())
    return undo | {"undo_a": replace(undo["undo_a"], attributes={})}


@pytest.mark.parametrize(
    ("xml", "rule", "element_id"),
    [
        (line(x=boundary("a", compensate())), "compensation-handler", "x"),
        (line(**unmarked()), "compensation-handler", "on_a"),
        (
            line(
                **undone("a", task()),
                b=Element("task", {"isForCompensation": "true"}),
                second=association("on_a", "b"),
            ),
            "compensation-handler",
            "on_a",
        ),
        (
            line(
                **undone("a", task()),
                b=Element("task", {"isForCompensation": "true"}),
                x=boundary("a", compensate()),
                second=association("x", "b"),
            ),
            "compensation-handler",
            "x",
        ),
        (
            process(
                "s -> a -> e",
                "on_a -> e",
                s=start(),
                a=task(),
                e=end(),
                **undone("a", task()),
            ),
            "compensation-handler",
            "on_a",
        ),
        (
            process("s -> a -> undo_a -> e", s=start(), a=task(), e=end(), **undone("a", task())),
            "compensation-flow",
            "undo_a",
        ),
        (
            line(
                end(compensate("inner")),
                a=subprocess("b -> inner", b=start(), inner=task(), **undone("inner", task())),
            ),
            "compensation-scope",
            "e",
        ),
        (line(end(compensate("nothing"))), "dangling-reference", "e"),
        (line(s=start(compensate())), "event-definition", "s"),
        (
            line(x=event_subprocess("b -> c", b=start(compensate()), c=end())),
            "compensation-event-sub-process",
            "x",
        ),
        (line(end(cancel())), "cancel-event", "e"),
        (
            process(
                "s -> a -> e", "x -> e", s=start(), a=task(), x=boundary("a", cancel()), e=end()
            ),
            "cancel-event",
            "x",
        ),
        (
            process(
                "s -> a -> e",
                "x -> e",
                s=start(),
                a=transaction("b -> c", b=start(), c=end(cancel())),
                x=boundary("a", cancel(), interrupting=False),
                e=end(),
            ),
            "not-interrupting-error",
            "x",
        ),
        (line(a=transaction("b -> c", b=start(signal("x")), c=end())), "sub-process-start", "b"),
        (
            process("s -> t -> e", s=start(), t=throw(cancel()), e=end()),
            "event-definition",
            "t",
        ),
    ],
)
def test_what_cannot_mean_anything_is_refused_with_its_element(xml, rule, element_id):
    assert (rule, element_id) in refused(xml)


def test_transaction_that_is_not_undone_by_compensation_is_refused():
    inside = transaction("b -> c", b=start(), c=end())

    xml = line(a=replace(inside, attributes={"method": "##Store"}))

    assert refused(xml) == [("unsupported-element", "a")]


def test_sub_process_with_two_kinds_of_handlers_is_refused():
    sub = subprocess(
        "b -> c",
        b=start(),
        c=end(),
        undo=event_subprocess("d -> f", d=start(compensate()), f=end()),
    )

    assert refused(line(a=sub, **undone("a", task()))) == [("compensation-handler", "on_a")]


def test_two_compensation_event_sub_processes_are_refused():
    sub = subprocess(
        "b -> c",
        b=start(),
        c=end(),
        one=event_subprocess("d -> f", d=start(compensate()), f=end()),
        two=event_subprocess("g -> h", g=start(compensate()), h=end()),
    )

    assert refused(line(a=sub)) == [("compensation-event-sub-process", "two")]


# What is warned of ------------------------------------------------------------------------------


def test_handler_that_nothing_leads_to_is_warned_of():
    xml = line(b=Element("task", {"isForCompensation": "true"}))

    assert warned(xml) == [("never-compensates", "b")]


def test_cancel_end_event_that_nothing_catches_is_warned_of():
    xml = line(a=transaction("b -> c", b=start(), c=end(cancel())))

    assert warned(xml) == [("cancel-not-caught", "c")]


@pytest.mark.parametrize(
    ("extensions", "attributes"),
    [
        ("<zeebe:taskDefinition type='undo'/><zeebe:ioMapping/>", {}),
        ("", {"camunda:type": "external", "camunda:topic": "undo", "camunda:asyncBefore": "true"}),
    ],
)
def test_handler_of_either_flavour_is_a_job(extensions, attributes):
    handler = Element("serviceTask", attributes, extensions)

    read = nodes(line(**undone("a", handler)))

    assert read["undo_a"].job.type.text == "undo"
