"""Changing by hand where an instance is, and what the outside sees of it."""

import pytest

from bpmn_engine.service.views import (
    CancelVisits,
    InstanceSummary,
    Problem,
    ProblemKind,
    StartAfter,
    StartBefore,
)
from tests.diagrams import (
    boundary,
    call,
    catch,
    contents,
    end,
    message,
    process,
    processes,
    service,
    start,
    subprocess,
    timer,
    user,
)

STOCK = (
    process(
        "s -> check -> pick -> e",
        s=start(),
        check=service("check"),
        pick=user(),
        late=boundary("check", timer(duration="PT1H"), interrupting=False),
        e=end(),
    )
    .replace(b'id="check"', b'id="check" name="Check stock"')
    .replace(b'id="pick"', b'id="pick" name="Pick goods"')
)


def journal(world, key):
    return world.service.instance_journal(key).items


def modified(world, key, *moves):
    answer = world.service.modify_instance(key, moves, reason="It was wrong.", actor="carol")
    assert isinstance(answer, InstanceSummary), answer
    return answer


def test_a_move_withdraws_what_waited_and_says_who_and_why(world):
    world.deploy(STOCK)
    key = world.start()

    modified(world, key, CancelVisits(element_id="check"), StartBefore(element_id="pick"))

    assert world.activate("check") == []
    assert len(world.waits(key)) == 1
    assert [task.element_id for task in world.tasks()] == ["pick"]
    entry = journal(world, key)[0]
    assert (entry.actor, entry.reason) == ("carol", "It was wrong.")
    assert entry.summary == "Moved from Check stock to Pick goods."


def test_the_journal_names_the_element_of_a_visit_cancelled_by_its_key(world):
    world.deploy(STOCK)
    key = world.start()
    view = world.service.instance(key)
    visit = view.open_visits[0].key

    modified(world, key, CancelVisits(visit=visit), StartBefore(element_id="pick"))

    assert journal(world, key)[0].summary == "Moved from Check stock to Pick goods."


@pytest.mark.parametrize(
    ("moves", "words"),
    [
        (
            (CancelVisits(element_id="check"), StartAfter(element_id="check")),
            "Skipped Check stock.",
        ),
        ((StartBefore(element_id="check"),), "Started before Check stock."),
        (
            (StartBefore(element_id="pick"), StartAfter(element_id="check")),
            "Started before Pick goods, started after Check stock.",
        ),
    ],
)
def test_other_modifications_are_told_in_words_too(world, moves, words):
    world.deploy(STOCK)
    key = world.start()

    modified(world, key, *moves)

    assert journal(world, key)[0].summary == words


def test_a_cancelled_user_task_leaves_the_worklist_and_a_message_finds_nobody(world):
    world.deploy(
        process(
            "s -> a -> m -> b -> e",
            s=start(),
            a=user(),
            m=catch(message("paid", "order")),
            b=user(),
            e=end(),
        )
    )
    key = world.start(variables={"order": "7"})
    modified(world, key, StartAfter(element_id="a"))

    modified(
        world,
        key,
        CancelVisits(element_id="a"),
        CancelVisits(element_id="m"),
        StartBefore(element_id="b"),
    )

    assert [task.element_id for task in world.tasks()] == ["b"]
    assert len(world.waits(key)) == 1


def test_the_called_instance_of_a_cancelled_call_ends_with_it(world):
    world.deploy(
        processes(
            p=contents("s -> k -> b -> e", s=start(), k=call("q"), b=user(), e=end()),
            q=contents("qs -> qa -> qe", qs=start(), qa=user(), qe=end()),
        )
    )
    key = world.start("p")
    (child,) = world.service.instance(key).children

    modified(world, key, CancelVisits(element_id="k"), StartAfter(element_id="k"))

    assert world.status(child.key) == "terminated"
    assert [task.element_id for task in world.tasks()] == ["b"]


def test_an_instance_in_which_nothing_is_left_is_terminated(world):
    world.deploy(process("s -> h", s=start(), h=subprocess("hs -> a", hs=start(), a=user())))
    key = world.start()

    answer = modified(world, key, CancelVisits(element_id="a"))

    assert answer.status.value == "terminated"
    assert world.tasks() == ()


def test_what_does_not_fit_is_a_problem_and_changes_nothing(world):
    world.deploy(STOCK)
    key = world.start()

    def problem(*moves, of=key):
        answer = world.service.modify_instance(of, moves, reason="No.", actor="carol")
        assert isinstance(answer, Problem)
        return answer.kind

    assert problem() is ProblemKind.INVALID
    assert problem(StartBefore(element_id="pick"), of=1) is ProblemKind.NOT_FOUND
    assert problem(StartBefore(element_id="pick"), StartBefore(element_id="x")) is (
        ProblemKind.NOT_FOUND
    )
    assert problem(StartBefore(element_id="late")) is ProblemKind.CONFLICT
    assert len(journal(world, key)) == 1
    world.service.suspend_instance(key)
    assert problem(StartBefore(element_id="pick")) is ProblemKind.CONFLICT
    assert world.tasks() == ()
