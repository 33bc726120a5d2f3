"""Variables that conditions read, and messages, beside what sets and sends them."""

import pytest

from bpmn_engine.model.definitions import Severity
from tests.data_diagrams import data_object, moves, plain, working
from tests.diagrams import (
    Element,
    Trigger,
    catch,
    contents,
    end,
    exclusive,
    message,
    process,
    processes,
    script,
    service,
    start,
    task,
    throw,
    timer,
    user,
)
from tests.unit.analysis.findings import findings, together


def reading(begin, before):
    return process(
        "s -> w -> x", "x -> a if amount > 1", "x -> e default", "a -> e",
        s=begin, w=before, x=exclusive(), a=task(), e=end(),
    )  # fmt: skip


def unset(xml):
    return [(f.element_id, f.severity) for f in findings(xml) if f.rule == "unset-variable"]


def test_whoever_starts_the_process_may_set_it_so_that_it_is_only_information():
    assert unset(reading(start(), task())) == [("x", Severity.INFORMATION)]


def test_nobody_gives_a_timer_variables_so_that_it_is_a_warning():
    begin = start(timer(cycle="R/PT1H"))

    assert unset(reading(begin, task())) == [("x", Severity.WARNING)]


@pytest.mark.parametrize(
    "before",
    [service("work"), user(), script("1 + 1", "amount"), catch(message("m", "k"))],
)
def test_what_may_have_been_set_before_is_not_said(before):
    assert unset(reading(start(timer(cycle="R/PT1H")), before)) == []


def test_what_is_set_only_after_it_is_read_is_said():
    diagram = process(
        "s -> x", "x -> a if amount > 1", "x -> e default", "a -> e",
        s=start(), x=exclusive(), a=script("1 + 1", "amount"), e=end(),
    )  # fmt: skip

    assert unset(diagram) == [("x", Severity.INFORMATION)]


def test_what_a_loop_brings_back_may_be_set():
    diagram = process(
        "s -> m -> x", "x -> a if amount > 1", "x -> e default", "a -> m",
        s=start(), m=exclusive(), x=exclusive(), a=script("1 + 1", "amount"), e=end(),
    )  # fmt: skip

    assert unset(diagram) == []


def test_a_message_that_another_process_of_the_deployment_waits_for_is_not_said():
    diagram = processes(
        p=contents("s -> t -> e", s=start(), t=throw(message("paid")), e=end()),
        q=contents("s2 -> e2", s2=start(message("paid")), e2=end()),
    )

    assert together(diagram) == ()


def test_messages_that_only_one_side_knows_are_information():
    diagram = process(
        "s -> t -> c -> e", s=start(), t=throw(message("paid")), c=catch(message("sent", "k")),
        e=end(),
    )  # fmt: skip

    found = [(one.rule, one.element_id, one.severity) for one in together(diagram)]
    assert found == [
        ("message-without-receiver", "t", Severity.INFORMATION),
        ("message-without-sender", "c", Severity.INFORMATION),
    ]


def test_a_name_that_an_expression_makes_could_be_any():
    named_by_expression = Trigger(
        '<bpmn:messageEventDefinition messageRef="M"/>',
        ('<bpmn:message id="M" name="= name"/>',),
    )
    diagram = process(
        "s -> t -> c -> e", s=start(), t=throw(named_by_expression),
        c=catch(message("sent", "k")), e=end(),
    )  # fmt: skip

    assert [one.rule for one in together(diagram)] == []


def waiting_for_data(begin, before):
    return plain(
        process(
            "s -> w -> a -> e",
            s=begin, w=before, e=end(), d=data_object("order"),
            a=working(Element("userTask"), needs={"i": ""}, takes=(moves("d", "i"),)),
        )
    )  # fmt: skip


def test_data_that_is_waited_for_has_to_come_from_somewhere():
    writes = working(task(), puts=(moves("d2", "d"),))
    timed = start(timer(cycle="R/PT1H"))

    assert unset(waiting_for_data(timed, task())) == [("a", Severity.WARNING)]
    assert unset(waiting_for_data(start(), task())) == [("a", Severity.INFORMATION)]
    assert unset(waiting_for_data(timed, Element("userTask"))) == []
    xml = waiting_for_data(timed, writes).replace(
        b'<bpmn:dataObject id="d"', b'<bpmn:dataObject id="d2"/><bpmn:dataObject id="d"'
    )
    assert unset(xml) == []


def test_an_association_sets_the_data_that_a_condition_reads():
    def diagram(put):
        return plain(
            process(
                "s -> w -> x", "x -> a if amount > 1", "x -> e default", "a -> e",
                s=start(), w=working(task(), puts=(moves("d2", put),)), x=exclusive(), a=task(),
                e=end(), d=data_object("amount"), d2=data_object("given"), d3=data_object("other"),
            )
        )  # fmt: skip

    assert unset(diagram("d")) == []
    assert unset(diagram("d3")) == [("x", Severity.INFORMATION)]
