"""Compensation through the database: history, words, called processes, another server process."""

from __future__ import annotations

from tests.diagrams import (
    boundary,
    call,
    cancel,
    compensate,
    contents,
    end,
    process,
    processes,
    service,
    start,
    subprocess,
    task,
    throw,
    transaction,
    undone,
)


def states(world, key):
    """Return element and state of each visit, in the order of entry."""
    page = world.service.instance_history(key)
    return [(visit.element_id, visit.state) for visit in page.items]


def test_history_and_words_say_what_is_compensated(world):
    world.deploy(
        process(
            "s -> a -> t -> e",
            s=start(),
            a=task(),
            **undone("a", service("refund")),
            t=throw(compensate()),
            e=end(),
        )
    )
    key = world.start()

    elements = world.service.instance_diagram(key).elements

    assert elements["t"].waiting == "waits until a is compensated"
    assert elements["undo_a"].waiting == "waits for a worker of job type refund"
    assert world.here(key) == ["a", "t", "undo_a"]
    assert states(world, key)[2:] == [
        ("t", "active"),
        ("a", "compensating"),
        ("on_a", "completed"),
        ("undo_a", "active"),
    ]
    world.work("refund")
    assert states(world, key) == [
        ("s", "completed"),
        ("a", "completed"),
        ("t", "completed"),
        ("a", "compensated"),
        ("on_a", "completed"),
        ("undo_a", "completed"),
        ("e", "completed"),
    ]
    assert world.status(key) == "completed"


def test_without_a_throw_event_nothing_is_compensated(world):
    world.deploy(
        process("s -> a -> e", s=start(), a=task(), e=end(), **undone("a", service("refund")))
    )

    key = world.start()

    assert states(world, key) == [("s", "completed"), ("a", "completed"), ("e", "completed")]


def test_another_server_process_goes_on_with_the_compensation(world):
    world.deploy(
        process(
            "s -> trip -> e",
            s=start(),
            trip=subprocess(
                "b -> x -> y -> c",
                b=start(),
                x=service("book", inputs={"number": "order"}),
                y=service("book"),
                c=end(),
                **undone("x", service("refund", inputs={"refunded": "number"})),
                **undone("y", service("refund")),
            ),
            e=end(compensate()),
        )
    )
    key = world.start(variables={"order": 7})
    world.work("book")
    world.work("book")
    world.work("refund")

    world.service = world.another()
    (job,) = world.activate("refund")

    assert job.variables["refunded"] == 7
    assert world.service.complete_job(job.key, {}, lock_token=job.lock_token) is None
    assert world.status(key) == "completed"


def test_cancelled_transaction_is_terminated_after_its_handlers(world):
    world.deploy(
        process(
            "s -> t -> e",
            "x -> e2",
            s=start(),
            t=transaction(
                "b -> c -> d", b=start(), c=task(), d=end(cancel()), **undone("c", service("undo"))
            ),
            x=boundary("t", cancel()),
            e=end(),
            e2=end(),
        )
    )
    key = world.start()
    assert world.here(key) == ["c", "t", "undo_c"]

    world.work("undo")

    assert ("t", "terminated") in states(world, key)
    assert world.passed(key)[-2:] == ["x", "e2"]


def test_throw_event_in_a_called_process_compensates_that_process_only(world):
    world.deploy(
        processes(
            p=contents(
                "s -> a -> sub -> e",
                s=start(),
                a=task(),
                sub=call("other"),
                e=end(),
                **undone("a", service("outer")),
            ),
            other=contents(
                "s2 -> b -> e2",
                s2=start(),
                b=task(),
                e2=end(compensate()),
                **undone("b", service("inner")),
            ),
        )
    )
    key = world.start()

    assert world.activate("outer") == []
    assert world.work("inner") == 1
    assert world.status(key) == "completed"


def test_call_activity_is_undone_by_calling_another_process(world):
    world.deploy(
        processes(
            p=contents(
                "s -> a -> e",
                s=start(),
                a=call("book"),
                e=end(compensate()),
                **undone("a", call("unbook")),
            ),
            book=contents(
                "s2 -> b -> e2", s2=start(), b=task(), e2=end(), **undone("b", service("inner"))
            ),
            unbook=contents("s3 -> u -> e3", s3=start(), u=service("unbook"), e3=end()),
        )
    )
    key = world.start()

    assert world.work("unbook") == 1

    assert world.activate("inner") == []
    assert world.status(key) == "completed"
