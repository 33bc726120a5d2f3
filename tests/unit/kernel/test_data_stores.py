"""Data stores in the kernel (BPMN 2.0.2, section 10.4.1): jobs before and after an activity."""

from __future__ import annotations

import json

from bpmn_engine.kernel.commands import CancelInstance
from bpmn_engine.kernel.data_stores import DATA_STORE
from bpmn_engine.kernel.effects import CloseWait, CreateJob, RetryJob
from bpmn_engine.kernel.lifecycle import ElementState
from bpmn_engine.kernel.state import IncidentKind, WaitKind
from tests.data_diagrams import data_object, moves, plain, store, transformed, user, working
from tests.diagrams import (
    Element,
    boundary,
    end,
    parallel,
    process,
    signal,
    start,
    subprocess,
    terminate,
    throw,
    timer,
)
from tests.kernel import Run, started

STORE = '<bpmn:dataStore id="ds" name="Customers"/>'


def writer() -> Element:
    return working(user(), gives={"o": 'name="made"'}, puts=(moves("o", "r"),))


def reader() -> Element:
    return working(user(), needs={"i": 'name="known"'}, takes=(moves("r", "i"),))


def with_store(activity: Element, *flows: str, **elements: Element) -> bytes:
    elements = {"s": start(), "a": activity, "e": end(), "r": store("ds")} | elements
    return plain(process("s -> a -> e", *flows, **elements), STORE)


def state_of(run: Run, element_id: str) -> ElementState:
    return run.state.states[run.waits(element_id)[0].visit]


def test_a_store_is_read_while_the_activity_is_ready():
    run = started(with_store(reader()))
    (job,) = run.sent(CreateJob)
    assert state_of(run, "a") is ElementState.READY
    assert job.job_type == DATA_STORE
    assert job.headers["operation"] == "read"
    assert json.loads(job.headers["stores"]) == [
        {"name": "Customers", "variable": "Customers", "is_collection": False}
    ]

    run.complete("a", {"Customers": ["Alice"]})

    (wait,) = run.waits("a")
    assert wait.kind is WaitKind.USER_TASK
    assert run.state.variables[wait.visit]["known"] == ["Alice"]


def test_a_store_is_written_while_the_activity_completes():
    run = started(with_store(writer()))

    run.complete("a", {"made": 7})

    (job,) = run.sent(CreateJob)
    assert state_of(run, "a") is ElementState.COMPLETING
    (change,) = json.loads(job.headers["changes"])
    assert (change["name"], change["path"], change["value"]) == ("Customers", [], 7)
    assert run.passed == ["s"]

    run.complete("a")

    assert run.is_completed
    assert len(run.sent(CreateJob)) == 1


def test_a_failed_condition_afterwards_writes_nothing_again():
    xml = plain(
        process(
            "s -> a",
            "a -> b if order > 1",
            "a -> e default",
            "b -> e",
            s=start(),
            a=writer(),
            b=user(),
            e=end(),
            d=data_object("order"),
            r=store("ds"),
        ),
        STORE,
    )
    run = started(xml, {"order": "many"})
    run.complete("a", {"made": 7})
    run.complete("a")
    assert run.incident.kind is IncidentKind.EXPRESSION

    run.set(order=2)
    run.resolve()

    assert run.waiting == ["b"]
    assert len(run.sent(CreateJob)) == 1


def test_a_failed_job_is_tried_again_and_not_made_anew():
    for run in (started(with_store(reader())), started(with_store(writer()))):
        if run.wait("a", WaitKind.JOB, WaitKind.USER_TASK).kind is WaitKind.USER_TASK:
            run.complete("a", {"made": 7})
        run.fail("a", "full")
        assert run.incident.kind is IncidentKind.JOB

        run.resolve(retries=2)

        assert [effect.retries for effect in run.sent(RetryJob)] == [2]
        assert len(run.sent(CreateJob)) == 1
        run.complete("a", {"Customers": None})
        assert not run.state.incidents


def test_data_that_is_waited_for_comes_before_the_store_is_read():
    activity = working(
        user(),
        needs={"i": 'name="known"', "j": 'name="order"'},
        takes=(moves("r", "i"), moves("d", "j")),
    )
    run = started(with_store(activity, d=data_object("given")))
    assert [wait.kind for wait in run.waits("a")] == [WaitKind.DATA]
    assert run.sent(CreateJob) == []

    run.set(given=1)

    assert [wait.kind for wait in run.waits("a")] == [WaitKind.JOB]


def test_nothing_is_written_without_a_value():
    run = started(with_store(writer()))

    run.complete("a")

    assert run.is_completed
    assert run.sent(CreateJob) == []


def test_two_changes_of_one_activity_are_one_job():
    activity = working(
        user(),
        gives={"o": 'name="made"', "q": 'name="also"'},
        puts=(moves("o", "r"), moves("q", "r2", transformed("also + 1"))),
    )
    run = started(with_store(activity, r2=store(None, "Orders")))

    run.complete("a", {"made": 1, "also": 2})

    (job,) = run.sent(CreateJob)
    changes = [(one["name"], one["value"]) for one in json.loads(job.headers["changes"])]
    assert changes == [("Customers", 1), ("Orders", 3)]


def test_what_waits_for_data_or_a_store_can_be_interrupted():
    inside = subprocess(
        "si -> f -> a -> ei",
        "f -> b -> ei",
        "f -> c -> ei",
        si=start(),
        f=parallel(),
        a=reader(),
        b=writer(),
        c=working(user(), needs={"k": ""}, takes=(moves("d", "k"),)),
        ei=end(),
        r=store("ds"),
        d=data_object("order"),
    )
    xml = plain(
        process(
            "s -> sub -> e",
            "late -> e",
            s=start(),
            sub=inside,
            late=boundary("sub", timer(duration="PT1H")),
            e=end(),
        ),
        STORE,
    )
    run = started(xml)
    run.complete("b", {"made": 1})
    assert state_of(run, "b") is ElementState.COMPLETING

    run.fire("late")

    assert run.is_completed
    assert not run.state.waits
    withdrawn = [effect.kind for effect in run.sent(CloseWait) if effect.is_withdrawn]
    assert withdrawn == [WaitKind.JOB, WaitKind.JOB]


def test_an_instance_that_waits_for_data_can_be_cancelled_and_terminated():
    def diagram() -> bytes:
        return plain(
            process(
                "s -> f -> a -> e",
                "f -> b -> t",
                s=start(),
                f=parallel(),
                a=working(user(), needs={"k": ""}, takes=(moves("d", "k"),)),
                b=user(),
                e=end(),
                t=terminate(),
                d=data_object("order"),
            )
        )

    cancelled, ended = started(diagram()), started(diagram())

    cancelled.do(CancelInstance(reason=None))
    ended.complete("b")

    assert not cancelled.state.waits
    assert ended.is_completed
    assert not ended.state.listening


def test_a_signal_is_not_taken_for_data():
    xml = plain(
        process(
            "s -> f -> a -> e",
            "f -> b -> t -> e",
            s=start(),
            f=parallel(),
            a=working(user(), needs={"k": ""}, takes=(moves("d", "k"),)),
            b=user(),
            t=throw(signal("order")),
            e=end(),
            d=data_object("order"),
        )
    )
    run = started(xml)

    run.complete("b")

    assert [wait.kind for wait in run.waits("a")] == [WaitKind.DATA]
