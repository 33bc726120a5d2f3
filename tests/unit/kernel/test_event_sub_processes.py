"""Event sub-processes (BPMN 2.0.2, sections 10.3.5, 10.5.7 and 13.5.4)."""

import pytest

from bpmn_engine.kernel.commands import StartInstance
from bpmn_engine.kernel.effects import CloseWait, EndInstance, OpenSubscription, ScheduleTimer
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import ROOT, IncidentKind
from tests.diagrams import (
    boundary,
    catch,
    contents,
    each,
    end,
    error,
    event_subprocess,
    message,
    parallel,
    process,
    processes,
    receive,
    script,
    service,
    signal,
    start,
    subprocess,
    task,
    terminate,
    throw,
    timer,
)
from tests.kernel import Run, compiled, started


def guarded(trigger, *, interrupting=True, **more):
    """A process whose task `a` is guarded by an event sub-process with a task `h`."""
    return process(
        "s -> a -> e",
        s=start(),
        a=service("work"),
        e=end(),
        esp=event_subprocess(
            "es -> h -> ee",
            es=start(trigger, interrupting=interrupting),
            h=service("handle"),
            ee=end(),
        ),
        **more,
    )


TRIGGERS = [message("stop"), signal("stop"), timer(duration="PT1H")]


def occur(run, element_id="es"):
    """Let the event occur that the element waits for."""
    if run.waits(element_id)[0].schedule is None:
        run.deliver(element_id)
    else:
        run.fire(element_id)


# When the event occurs ----------------------------------------------------------------------


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_an_interrupting_event_ends_all_else_in_the_scope(trigger):
    run = started(guarded(trigger))

    occur(run)

    assert run.terminated == ["a"]
    assert run.waiting == ["h"]
    run.complete("h")
    assert run.is_completed
    assert run.passed == ["s", "es", "h", "ee", "esp"]


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_a_non_interrupting_event_runs_beside_and_the_scope_waits_for_it(trigger):
    run = started(guarded(trigger, interrupting=False))

    occur(run)
    run.complete("a")

    assert run.terminated == []
    assert run.state.status is InstanceStatus.ACTIVE
    run.complete("h")
    assert run.is_completed
    assert run.passed == ["s", "es", "a", "e", "h", "ee", "esp"]


@pytest.mark.parametrize(
    ("trigger", "interrupting"),
    [(error("E"), True), *((one, yes) for one in TRIGGERS for yes in (True, False))],
)
def test_without_the_event_nothing_of_it_runs(trigger, interrupting):
    run = started(guarded(trigger, interrupting=interrupting))

    run.complete("a")

    assert run.is_completed
    assert run.passed == ["s", "a", "e"]
    assert not run.state.waits


def test_the_subscription_opens_with_the_scope_and_closes_with_it():
    run = started(
        process(
            "s -> before -> sub -> after -> e",
            s=start(),
            before=service("x"),
            after=service("x"),
            e=end(),
            sub=subprocess(
                "s2 -> a -> e2",
                s2=start(),
                a=service("x"),
                e2=end(),
                esp=event_subprocess("es -> ee", es=start(message("stop")), ee=end()),
            ),
        )
    )

    assert run.waiting == ["before"]
    run.complete("before")
    assert run.waiting == ["a", "es"]
    run.complete("a")

    assert run.waiting == ["after"]
    withdrawn = [effect.wait for effect in run.sent(CloseWait) if effect.is_withdrawn]
    assert withdrawn == [effect.wait for effect in run.sent(OpenSubscription)]


def test_the_sub_process_goes_on_over_its_normal_flow_after_an_interruption():
    run = started(
        process(
            "s -> sub -> after -> e",
            s=start(),
            after=task(),
            e=end(),
            sub=subprocess(
                "s2 -> a -> e2",
                s2=start(),
                a=service("x"),
                e2=end(),
                esp=event_subprocess("es -> ee", es=start(message("stop")), ee=end()),
            ),
        )
    )

    run.deliver("es")

    assert run.is_completed
    assert run.passed == ["s", "s2", "es", "ee", "esp", "sub", "after", "e"]


def test_an_interruption_closes_the_other_event_sub_processes_of_the_scope():
    run = started(
        guarded(
            message("stop"),
            late=event_subprocess(
                "ls -> le", ls=start(timer(duration="PT2H"), interrupting=False), le=end()
            ),
        )
    )

    assert run.waiting == ["a", "es", "ls"]
    run.deliver("es")

    assert run.waiting == ["h"]


def test_an_interruption_ends_a_running_event_sub_process_too():
    run = started(
        guarded(
            message("stop"),
            beside=event_subprocess(
                "bs -> b -> be",
                bs=start(message("note"), interrupting=False),
                b=service("note"),
                be=end(),
            ),
        )
    )

    run.deliver("bs")
    run.deliver("es")

    assert run.terminated == ["a", "b", "beside"]
    assert run.waiting == ["h"]


def test_a_message_may_start_a_non_interrupting_one_again_and_again():
    run = started(guarded(message("note"), interrupting=False))

    run.deliver("es")
    run.deliver("es")
    run.complete("a")

    assert run.waiting == ["es", "h", "h"]
    run.complete("h")
    run.complete("h")
    assert run.is_completed
    assert run.passed.count("esp") == 2


def test_a_cycle_starts_a_non_interrupting_one_as_often_as_it_says():
    run = started(guarded(timer(cycle="R2/PT10M"), interrupting=False))

    run.fire("es")
    run.fire("es")

    assert run.waiting == ["a", "h", "h"]
    assert [round((e.due_at - run.now).total_seconds()) for e in run.sent(ScheduleTimer)] == [
        -600,
        0,
    ]


def test_a_date_starts_it_when_it_comes():
    run = started(guarded(timer(date="2026-01-05T10:00:00Z")))

    assert [effect.due_at.hour for effect in run.sent(ScheduleTimer)] == [10]
    run.fire("es")

    assert run.waiting == ["h"]


def test_tokens_parked_in_the_scope_are_gone_with_it():
    run = started(
        process(
            "s -> f",
            "f -> a -> j",
            "f -> b -> j",
            "j -> e",
            s=start(),
            f=parallel(),
            a=service("x"),
            b=service("x"),
            j=parallel(),
            e=end(),
            esp=event_subprocess("es -> ee", es=start(message("stop")), ee=end()),
        )
    )

    run.complete("a")
    run.deliver("es")

    assert run.is_completed
    assert not run.state.tokens
    assert run.terminated == ["b"]


def test_a_terminate_end_event_inside_ends_the_event_sub_process_only():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=service("x"),
            e=end(),
            esp=event_subprocess(
                "es -> end_in_time",
                es=start(message("note"), interrupting=False),
                end_in_time=terminate(),
            ),
        )
    )

    run.deliver("es")

    assert run.waiting == ["a", "es"]


def test_ending_the_instance_closes_what_the_process_waits_for():
    run = started(
        process(
            "s -> a -> t",
            s=start(),
            a=service("x"),
            t=terminate(),
            esp=event_subprocess("es -> ee", es=start(message("stop")), ee=end()),
        )
    )

    run.complete("a")

    assert run.is_completed
    assert not run.state.waits


# Variables ----------------------------------------------------------------------------------


def test_an_event_sub_process_sees_the_variables_around_it():
    run = started(
        process(
            "s -> sub -> e",
            s=start(),
            e=end(),
            sub=subprocess(
                "s2 -> a -> e2",
                inputs={"local": "1 + 1"},
                s2=start(),
                a=service("x"),
                e2=end(),
                esp=event_subprocess(
                    "es -> h -> ee",
                    es=start(message("stop")),
                    h=script("local + global", "sum"),
                    ee=end(),
                ),
            ),
        ),
        {"global": 40},
    )

    run.deliver("es")

    assert run.variables["sum"] == 42


def test_what_a_message_brings_goes_to_the_process():
    run = started(guarded(message("stop")), {"reason": "none"})

    run.deliver("es", {"reason": "rain", "day": 3})

    assert run.variables == {"reason": "rain", "day": 3}


def test_output_mappings_of_the_start_event_choose_from_what_the_message_brings():
    xml = process(
        "s -> a -> e",
        s=start(),
        a=service("x"),
        e=end(),
        esp=event_subprocess("es -> h -> ee", es=start(message("stop")), h=service("y"), ee=end()),
    ).replace(
        b'<bpmn:messageEventDefinition messageRef="Message_stop"/></bpmn:startEvent>',
        b'<bpmn:extensionElements><zeebe:ioMapping><zeebe:output source="= reason" '
        b'target="why"/></zeebe:ioMapping></bpmn:extensionElements>'
        b'<bpmn:messageEventDefinition messageRef="Message_stop"/></bpmn:startEvent>',
    )
    run = started(xml)

    run.deliver("es", {"reason": "rain", "day": 3})

    assert run.variables == {"why": "rain"}


def test_the_correlation_key_is_read_in_the_scope():
    run = started(guarded(message("stop", key="order")), {"order": "A7"})

    assert [effect.correlation_key for effect in run.sent(OpenSubscription)] == ["A7"]


# Errors -------------------------------------------------------------------------------------


def nested(inner=None, on_sub=None, outer=None):
    """A task in a sub-process in a process, with error events where codes are given."""
    inside = {} if inner is None else {"esp": handler("i", inner)}
    around = {} if outer is None else {"oesp": handler("o", outer)}
    flows = ["s -> sub -> e"]
    if on_sub is not None:
        around["b"] = boundary("sub", error(on_sub))
        around["bh"] = task()
        flows.append("b -> bh")
    return process(
        *flows,
        s=start(),
        sub=subprocess("s2 -> a -> e2", s2=start(), a=service("x"), e2=end(), **inside),
        e=end(),
        **around,
    )


def handler(prefix, code):
    return event_subprocess(
        f"{prefix}s -> {prefix}h -> {prefix}e",
        **{
            f"{prefix}s": start(error(code or None)),
            f"{prefix}h": task(),
            f"{prefix}e": end(),
        },
    )


@pytest.mark.parametrize(
    ("inner", "on_sub", "outer", "caught_at"),
    [
        ("E", "E", "E", "is"),
        ("X", "E", "E", "b"),
        (None, "X", "E", "os"),
        ("", "E", "E", "is"),
        ("X", "", "E", "b"),
        ("X", "X", "", "os"),
    ],
)
def test_an_error_goes_to_the_innermost_that_catches_it(inner, on_sub, outer, caught_at):
    run = started(nested(inner, on_sub, outer))

    run.throw("a", "E")

    assert run.is_completed
    catchers = {"is", "b", "os"}
    assert [name for name in run.passed if name in catchers] == [caught_at]


def test_an_error_that_nothing_catches_is_an_incident_as_before():
    run = started(nested("X", "Y", "Z"))

    run.throw("a", "E")

    assert run.incident.kind is IncidentKind.UNCAUGHT_ERROR
    assert run.waiting == ["a"]


def test_an_error_inside_the_event_sub_process_is_not_caught_by_itself():
    run = started(
        process(
            "s -> sub -> e",
            "b -> bh",
            s=start(),
            e=end(),
            b=boundary("sub", error("E")),
            bh=task(),
            sub=subprocess(
                "s2 -> a -> e2",
                s2=start(),
                a=service("x"),
                e2=end(),
                esp=event_subprocess("es -> ee", es=start(error("E")), ee=end(error("E"))),
            ),
        )
    )

    run.throw("a", "E")

    assert run.is_completed
    assert run.passed == ["s", "s2", "es", "b", "bh"]
    assert run.terminated == ["a", "ee", "esp", "sub"]


def test_an_error_in_one_that_runs_beside_is_caught_by_another():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=service("x"),
            e=end(),
            beside=event_subprocess(
                "bs -> b -> be",
                bs=start(message("note"), interrupting=False),
                b=service("note"),
                be=end(),
            ),
            esp=event_subprocess("es -> h -> ee", es=start(error("E")), h=service("y"), ee=end()),
        )
    )

    run.deliver("bs")
    run.throw("b", "E")

    assert run.waiting == ["h"]
    assert sorted(run.terminated) == ["a", "b", "beside"]


def test_an_error_of_the_called_process_is_caught_by_it_first():
    run = Run(
        compiled(
            processes(
                called=contents(
                    "s -> ee",
                    s=start(),
                    ee=end(error("E")),
                    esp=event_subprocess("es -> x", es=start(error("E")), x=end()),
                )
            )
        )
    )
    run.do(StartInstance(has_parent=True))

    assert run.is_completed
    assert [effect.error_code for effect in run.sent(EndInstance)] == [None]


def test_variables_of_the_error_reach_the_event_sub_process():
    run = started(nested("E"))

    run.throw("a", "E", {"why": "rain"})

    assert run.variables == {"why": "rain"}


# Inside multi-instance activities and each other --------------------------------------------


def test_each_instance_of_a_multi_instance_sub_process_has_its_own():
    run = started(
        process(
            "s -> sub -> e",
            s=start(),
            e=end(),
            sub=subprocess(
                "s2 -> a -> e2",
                loop=each("[1, 2]"),
                s2=start(),
                a=service("x"),
                e2=end(),
                esp=event_subprocess(
                    "es -> h -> ee", es=start(message("stop", key="item")), h=task(), ee=end()
                ),
            ),
        )
    )

    assert [effect.correlation_key for effect in run.sent(OpenSubscription)] == ["1", "2"]
    run.deliver("es")

    assert run.terminated == ["a"]
    assert run.waiting == ["a", "es"]
    run.complete("a")
    assert run.is_completed


def test_an_event_sub_process_may_have_one_inside():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=service("x"),
            e=end(),
            esp=event_subprocess(
                "es -> h -> ee",
                es=start(message("stop")),
                h=service("y"),
                ee=end(),
                inner=event_subprocess(
                    "is -> ie", **{"is": start(timer(duration="PT1M")), "ie": end()}
                ),
            ),
        )
    )

    assert run.waiting == ["a", "es"]
    run.deliver("es")
    assert run.waiting == ["h", "is"]
    run.fire("is")

    assert run.is_completed
    assert run.passed == ["s", "es", "is", "ie", "inner", "esp"]


# What goes wrong ----------------------------------------------------------------------------


def test_a_failing_expression_of_the_process_holds_it_before_its_start():
    run = started(guarded(message("stop", key="missing")))

    assert run.passed == []
    assert run.incident.kind is IncidentKind.EXPRESSION
    assert run.incident.scope == ROOT
    run.set(missing="A7")
    run.resolve()

    assert run.waiting == ["a", "es"]


def test_a_failing_expression_of_a_sub_process_holds_that():
    run = started(
        process(
            "s -> sub -> e",
            s=start(),
            e=end(),
            sub=subprocess(
                "s2 -> a -> e2",
                s2=start(),
                a=service("x"),
                e2=end(),
                esp=event_subprocess(
                    "es -> ee", es=start(message("stop", key="missing")), ee=end()
                ),
            ),
        )
    )

    assert run.passed == ["s"]
    run.set(missing="A7")
    run.resolve()

    assert run.waiting == ["a", "es"]


def test_a_failing_input_mapping_keeps_what_the_event_brought():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=service("x"),
            e=end(),
            esp=event_subprocess(
                "es -> h -> ee",
                inputs={"twice": "2 * missing"},
                es=start(message("stop")),
                h=service("y"),
                ee=end(),
            ),
        )
    )

    run.deliver("es", {"why": "rain"})
    assert run.incident.kind is IncidentKind.EXPRESSION
    run.set(missing=3)
    run.resolve()

    assert run.waiting == ["h"]
    assert run.variables == {"missing": 3, "why": "rain"}


# A signal as the last act -------------------------------------------------------------------


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_signal_thrown_as_the_last_act_reaches_the_boundary_around_it(interrupting):
    run = started(
        process(
            "s -> sub -> after -> e",
            "b -> bh",
            s=start(),
            e=end(),
            after=task(),
            b=boundary("sub", signal("done"), interrupting=interrupting),
            bh=task(),
            sub=subprocess("s2 -> e2", s2=start(), e2=end(signal("done"))),
        )
    )

    assert run.is_completed
    assert ("after" in run.passed) is not interrupting
    assert run.passed.count("bh") == 1


def test_a_signal_thrown_as_the_last_act_starts_an_event_sub_process():
    run = started(
        process(
            "s -> e",
            s=start(),
            e=end(signal("done")),
            esp=event_subprocess("es -> h -> ee", es=start(signal("done")), h=task(), ee=end()),
        )
    )

    assert run.is_completed
    assert run.passed == ["s", "e", "es", "h", "ee", "esp"]


def test_another_signal_starts_nothing():
    run = started(
        process(
            "s -> t -> e",
            s=start(),
            t=throw(signal("other")),
            e=end(),
            esp=event_subprocess("es -> h -> ee", es=start(signal("done")), h=task(), ee=end()),
        )
    )

    assert run.passed == ["s", "t", "e"]


def test_a_signal_is_not_heard_in_its_step_by_what_begins_to_wait_because_of_it():
    run = started(
        process(
            "s -> t -> c -> e",
            s=start(),
            t=throw(signal("go")),
            c=catch(signal("go")),
            e=end(),
        )
    )

    assert run.waiting == ["c"]


def test_a_receive_task_in_an_event_sub_process_waits():
    run = started(
        process(
            "s -> a -> e",
            s=start(),
            a=service("x"),
            e=end(),
            esp=event_subprocess(
                "es -> r -> ee",
                es=start(timer(duration="PT1H")),
                r=receive(message("answer")),
                ee=end(),
            ),
        )
    )

    run.fire("es")

    assert run.waiting == ["r"]
