"""Skipping and repeating elements, and doing finished instances again."""

import pytest

from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.service.views import (
    InstanceSummary,
    Problem,
    ProblemKind,
    RestartRequest,
    VariableOrigin,
)
from tests.diagrams import (
    call,
    contents,
    each,
    end,
    event_subprocess,
    exclusive,
    message,
    process,
    processes,
    service,
    signal,
    start,
    subprocess,
    user,
)

LINE = process(
    "s -> a -> b -> x",
    "x -> c if ok",
    "x -> d default",
    "c, d -> e",
    s=start(),
    a=user(),
    b=service("b"),
    x=exclusive(),
    c=user(),
    d=user(),
    e=end(),
).replace(b'id="b"', b'id="b" name="Check"')


def journal(world, key):
    return world.service.instance_journal(key).items


# Skip and repeat --------------------------------------------------------------------------------


def test_a_skipped_element_is_left_as_if_it_had_given_these_results(world):
    world.deploy(LINE)
    key = world.start()
    world.service.skip_element(key, "a", reason="Alice knows.", actor="carol")

    answer = world.service.skip_element(
        key, "b", variables={"ok": True}, reason="It is checked.", actor="carol"
    )

    assert isinstance(answer, InstanceSummary)
    assert world.here(key) == ["c"]
    assert world.activate("b") == []
    entry = journal(world, key)[0]
    assert (entry.summary, entry.reason, entry.actor) == (
        "Skipped Check.",
        "It is checked.",
        "carol",
    )


def test_every_visit_of_an_element_is_skipped_in_its_own_scope(world):
    inner = subprocess(
        "hs -> a -> b -> he", hs=start(), a=user(), b=user(), he=end(), loop=each("people", "one")
    )
    world.deploy(process("s -> h -> e", s=start(), h=inner, e=end()))
    key = world.start(variables={"people": ["Alice", "Bob"]})
    one = next(v.key for v in world.service.instance(key).open_visits if v.element_id == "a")

    world.service.skip_element(key, "a", visit=one, reason="One.")

    assert sorted(task.element_id for task in world.tasks()) == ["a", "b"]
    world.service.skip_element(key, "a", reason="The other.")
    assert [task.element_id for task in world.tasks()] == ["b", "b"]


def test_what_is_not_there_is_not_skipped(world):
    world.deploy(LINE)
    key = world.start()

    for of, element in ((key, "b"), (key, "nope"), (1, "a")):
        problem = world.service.skip_element(of, element, reason="No.")
        assert isinstance(problem, Problem)
        assert problem.kind is ProblemKind.NOT_FOUND


def test_an_element_is_repeated_that_the_instance_has_been_at(world):
    world.deploy(LINE)
    key = world.start()
    world.service.skip_element(key, "a", reason="Skip.")

    problem = world.service.repeat_element(key, "c", reason="Again.")
    world.service.repeat_element(key, "a", variables={"x": 1}, reason="Again.", actor="carol")

    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.CONFLICT
    assert world.here(key) == ["a", "b"]
    assert world.variables(key) == {"x": 1}
    assert journal(world, key)[0].summary == "Started before a."


# Restart ----------------------------------------------------------------------------------------


def restarted(world, key, **given):
    answer = world.service.restart_instance(
        RestartRequest(instance_key=key, **given), reason="It was wrong.", actor="carol"
    )
    assert isinstance(answer, InstanceSummary), answer
    return answer.key


def test_a_completed_instance_is_done_again_from_an_element_with_what_it_ended_with(world):
    world.deploy(LINE)
    key = world.start(variables={"amount": 5}, business_key="A-1")
    world.service.skip_element(key, "a", variables={"ok": True}, reason="-")
    world.service.skip_element(key, "b", reason="-")
    world.service.skip_element(key, "c", reason="-")
    assert world.status(key) == "completed"

    again = restarted(world, key, start_before=("b",), variables={"amount": 6})

    assert again != key
    assert world.here(again) == ["b"]
    assert world.variables(again) == {"amount": 6, "ok": True}
    view = world.service.instance(again)
    assert view.summary.business_key == "A-1"
    assert view.summary.started_by == "carol"
    assert view.restart_of == key
    assert world.service.instance(key).restarted_as == (again,)
    assert world.status(key) == "completed"


def test_the_journal_of_both_says_who_and_why(world):
    world.deploy(LINE)
    key = world.start()
    world.service.cancel_instance(key, reason="No.")

    again = restarted(world, key, start_before=("b",), start_after=("a",))

    for one, words in (
        (key, f"Restarted the instance as {again}."),
        (again, "Started the instance before Check, after a."),
    ):
        entry = journal(world, one)[0]
        assert (entry.summary, entry.actor, entry.reason) == (words, "carol", "It was wrong.")


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (VariableOrigin.END, {"amount": 7, "more": 1, "new": True}),
        (VariableOrigin.START, {"amount": 5, "new": True}),
        (VariableOrigin.NONE, {"new": True}),
    ],
)
def test_the_variables_are_those_of_the_end_or_of_the_start_or_none(world, origin, expected):
    world.deploy(LINE)
    key = world.start(variables={"amount": 5})
    world.service.set_variables(key, {"amount": 7, "more": 1})
    world.service.cancel_instance(key)

    again = restarted(world, key, origin=origin, variables={"new": True})

    assert world.variables(again) == expected
    assert world.here(again) == ["a"]


def test_without_an_element_it_begins_where_the_finished_one_began(world):
    world.deploy(
        process(
            "s -> a -> e",
            "m -> b -> e",
            s=start(),
            m=start(message("go")),
            a=user(),
            b=user(),
            e=end(),
        )
    )
    answer = world.service.correlate_message("go")
    (key,) = answer.instance_keys
    world.service.cancel_instance(key)

    again = restarted(world, key)
    world.service.cancel_instance(again)
    after = restarted(world, again, start_before=("a",))
    world.service.cancel_instance(after)

    assert world.passed(again) == ["m"]
    third = restarted(world, after)
    assert world.here(third) == ["a"]
    assert world.passed(third) == []


def test_a_restarted_instance_can_be_restarted_with_what_it_began_with(world):
    world.deploy(LINE)
    key = world.start(variables={"amount": 5})
    world.service.cancel_instance(key)
    again = restarted(world, key, start_before=("b",), variables={"amount": 6})
    world.service.cancel_instance(again)

    third = restarted(world, again, start_before=("b",), origin=VariableOrigin.START)

    assert world.variables(third) == {"amount": 6}


def test_the_version_is_that_of_the_instance_or_the_latest(world):
    world.deploy(LINE)
    key = world.start()
    world.service.cancel_instance(key)
    world.deploy(process("s -> z -> e", s=start(), z=user(), e=end()))

    same, latest = restarted(world, key), restarted(world, key, uses_latest=True)

    assert world.here(same) == ["a"]
    assert world.here(latest) == ["z"]


def test_the_same_request_restarts_once(world):
    world.deploy(LINE)
    key, other = world.start(), world.start()
    world.service.cancel_instance(key)
    world.service.cancel_instance(other)

    first = restarted(world, key, request_key="r1")
    again = restarted(world, key, request_key="r1")
    third = restarted(world, key, request_key="r2")
    both = world.service.restart_instances(
        [RestartRequest(instance_key=other, request_key="r1")] * 2, reason="-"
    )

    assert first == again != third
    assert both[0].key == both[1].key != first
    assert world.service.instance(key).restarted_as == (first, third)


def test_many_are_restarted_and_one_that_cannot_be_does_not_hold_up_the_others(world):
    world.deploy(LINE)
    keys = [world.start() for _ in range(60)]
    for key in keys[1:]:
        world.service.cancel_instance(key)

    answers = world.service.restart_instances(
        [
            *(RestartRequest(instance_key=key, start_before=("b",)) for key in keys),
            RestartRequest(instance_key=keys[1], start_before=("nope",)),
            RestartRequest(instance_key=1),
        ],
        reason="All.",
        actor="carol",
    )

    problems = {index: one.kind for index, one in enumerate(answers) if isinstance(one, Problem)}
    assert problems == {
        0: ProblemKind.CONFLICT,
        60: ProblemKind.INVALID,
        61: ProblemKind.NOT_FOUND,
    }
    assert len(world.activate("b", limit=100)) == 59


def test_event_sub_processes_wait_in_an_instance_that_starts_in_the_middle(world):
    world.deploy(
        process(
            "s -> a -> b -> e",
            s=start(),
            a=user(),
            b=user(),
            e=end(),
            x=event_subprocess("xs -> xe", xs=start(signal("stop")), xe=end()),
        )
    )
    key = world.start()
    world.service.cancel_instance(key)

    again = restarted(world, key, start_before=("b",))

    assert {wait.kind for wait in world.service.instance_waits(again)} == {
        WaitKind.SIGNAL,
        WaitKind.USER_TASK,
    }
    world.service.broadcast_signal("stop")
    assert world.status(again) == "completed"


def test_a_called_instance_is_done_again_by_itself(world):
    world.deploy(
        processes(
            p=contents("s -> k -> e", s=start(), k=call("q"), e=end()),
            q=contents("qs -> qa -> qe", qs=start(), qa=user(), qe=end()),
        )
    )
    key = world.start("p")
    (child,) = world.service.instance(key).children
    world.service.cancel_instance(key)

    again = restarted(world, child.key)

    view = world.service.instance(again)
    assert view.parent is None
    assert world.here(again) == ["qa"]
