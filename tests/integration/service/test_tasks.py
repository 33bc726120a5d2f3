"""User tasks: who sees, claims and completes them."""

import datetime as dt

from bpmn_engine.service.views import (
    Caller,
    FormKind,
    Problem,
    ProblemKind,
    Resource,
    TaskAction,
    TaskFilter,
    TaskScope,
    TaskState,
)
from tests.diagrams import boundary, end, error, message, process, start, user

MINUTE = dt.timedelta(minutes=1)

ALICE = Caller(user_id="alice", groups=frozenset({"sales"}))
BOB = Caller(user_id="bob", groups=frozenset({"sales"}))
MALLORY = Caller(user_id="mallory", groups=frozenset({"it"}))
CAROL = Caller(user_id="carol", sees_all=True)


def approval(**options):
    options = options or {"groups": "sales"}
    return process("s -> u -> e", s=start(), u=user(**options), e=end())


def only_task(world, caller=CAROL):
    (task,) = world.tasks(caller)
    return task.key


def test_a_candidate_claims_and_completes_a_task(world):
    world.deploy(approval())
    key = world.start(variables={"amount": 5})
    task = only_task(world, ALICE)

    claimed = world.service.claim_task(task, caller=ALICE)
    done = world.service.complete_task(task, {"approved": True}, caller=ALICE)

    assert claimed.assignee == "alice"
    assert claimed.variables == {"amount": 5}
    assert (done.state, done.completed_by) == (TaskState.COMPLETED, "alice")
    assert world.status(key) == "completed"
    assert world.variables(key) == {"amount": 5, "approved": True}
    page = world.service.user_tasks(TaskFilter(scope=TaskScope.DONE), caller=ALICE)
    assert [item.key for item in page.items] == [task]


def test_a_task_claimed_by_somebody_else_names_them(world):
    world.deploy(approval())
    world.start()
    task = only_task(world)
    world.service.claim_task(task, caller=ALICE)

    problem = world.service.claim_task(task, caller=BOB)

    assert (problem.kind, problem.holder) == (ProblemKind.CONFLICT, "alice")
    assert "alice" in problem.message


def test_whoever_is_no_candidate_neither_sees_nor_changes_the_task(world):
    world.deploy(approval())
    world.start()
    task = only_task(world)

    answers = [
        world.service.user_task(task, caller=MALLORY),
        world.service.claim_task(task, caller=MALLORY),
        world.service.complete_task(task, {"x": 1}, caller=MALLORY),
        world.service.assign_task(task, "mallory", caller=MALLORY),
        world.service.task_form(task, caller=MALLORY),
    ]

    assert {answer.kind for answer in answers} == {ProblemKind.NOT_FOUND}
    assert world.tasks(MALLORY) == ()


def test_a_task_has_to_be_claimed_before_staff_complete_it(world):
    world.deploy(approval())
    world.start()
    task = only_task(world)

    problem = world.service.complete_task(task, caller=ALICE)

    assert problem.kind is ProblemKind.CONFLICT
    assert "claim" in problem.message


def test_a_task_is_completed_once(world):
    world.deploy(approval(assignee="alice"))
    world.start()
    task = only_task(world, ALICE)

    first = world.service.complete_task(task, caller=ALICE)
    second = world.service.complete_task(task, caller=ALICE)

    assert first.state is TaskState.COMPLETED
    assert (second.kind, second.holder) == (ProblemKind.CONFLICT, "alice")


def test_a_task_is_given_back_and_handed_on(world):
    world.deploy(approval())
    world.start()
    task = only_task(world)
    world.service.claim_task(task, caller=ALICE)

    handed = world.service.assign_task(task, "bob", caller=ALICE)
    taken = world.service.assign_task(task, "alice", caller=ALICE)
    back = world.service.unclaim_task(task, caller=BOB)
    not_his = world.service.unclaim_task(task, caller=BOB)

    assert handed.assignee == "bob"
    assert taken.kind is ProblemKind.FORBIDDEN
    assert back.assignee is None
    assert not_his.assignee is None


def test_an_operator_assigns_and_completes_any_task(world):
    world.deploy(approval())
    key = world.start()
    task = only_task(world)

    assigned = world.service.assign_task(task, "alice", caller=CAROL)
    done = world.service.complete_task(task, caller=CAROL)

    assert assigned.assignee == "alice"
    assert done.completed_by == "carol"
    assert world.status(key) == "completed"


def test_a_withdrawn_task_is_in_no_worklist(world):
    world.deploy(
        process(
            "s -> u -> e",
            "b -> e2",
            s=start(),
            u=user(groups="sales"),
            b=boundary("u", message("stop", '"1"')),
            e=end(),
            e2=end(),
        )
    )
    world.start()
    task = only_task(world)

    world.service.correlate_message("stop", correlation_key="1")

    assert world.tasks(ALICE) == ()
    assert world.service.complete_task(task, caller=CAROL).kind is ProblemKind.CONFLICT
    assert world.service.user_task(task, caller=CAROL).state is TaskState.WITHDRAWN


def test_the_counts_of_the_worklist_follow_what_people_do(world):
    world.deploy(approval())
    for _ in range(3):
        world.start()
    before = world.service.task_counts(caller=ALICE)

    world.service.claim_task(world.tasks(ALICE)[0].key, caller=ALICE)
    after = world.service.task_counts(caller=ALICE)

    assert (before.mine, before.groups, before.all) == (0, 3, 3)
    assert (after.mine, after.groups, after.all) == (1, 2, 3)
    assert world.service.next_task(caller=ALICE) is not None
    assert world.service.task_counts(caller=MALLORY).all == 0


def test_what_people_did_with_a_task_is_in_the_journal(world):
    world.deploy(approval())
    key = world.start()
    task = only_task(world)

    world.service.claim_task(task, caller=ALICE)
    world.service.unclaim_task(task, caller=ALICE)

    entries = world.service.instance_journal(key).items
    assert [(entry.command, entry.actor) for entry in entries[:2]] == [
        ("UnclaimUserTask", "alice"),
        ("ClaimUserTask", "alice"),
    ]


def test_a_bpmn_error_of_a_task_takes_its_boundary_event(world):
    world.deploy(
        process(
            "s -> u -> e",
            "b -> e2",
            s=start(),
            u=user(assignee="alice"),
            b=boundary("u", error("REJECTED")),
            e=end(),
            e2=end(),
        )
    )
    key = world.start()

    world.service.throw_task_error(only_task(world), "REJECTED", caller=ALICE)

    assert world.passed(key) == ["s", "b", "e2"]


def test_a_task_shows_its_deployed_form(world):
    form = b'{"id": "approve", "type": "default", "components": [{"type": "text", "text": "Hi"}]}'
    xml = approval(assignee="alice").replace(
        b"<zeebe:userTask/>", b'<zeebe:userTask/><zeebe:formDefinition formId="approve"/>'
    )
    result = world.service.deploy(
        [Resource(name="p.bpmn", content=xml), Resource(name="approve.form", content=form)]
    )
    world.start(variables={"amount": 5})

    view = world.service.task_form(only_task(world), caller=ALICE)

    assert not isinstance(result, Problem)
    assert view.kind is FormKind.CAMUNDA
    assert view.schema["id"] == "approve"
    assert view.values == {"amount": 5}


def test_a_task_without_a_form_says_so(world):
    world.deploy(approval(assignee="alice"))
    world.start()

    view = world.service.task_form(only_task(world), caller=ALICE)

    assert view.kind is FormKind.NONE


def test_a_task_tells_who_did_what_with_it_and_when(world):
    world.deploy(approval())
    world.start()
    other = world.start()
    task = next(each.key for each in world.tasks() if each.instance_key != other)
    moments = []

    def later():
        world.clock.advance(MINUTE)
        moments.append(world.clock.now())

    later()
    world.service.claim_task(task, caller=ALICE)
    later()
    world.service.unclaim_task(task, caller=ALICE)
    later()
    world.service.assign_task(task, "bob", caller=CAROL, reason="on holiday")
    later()
    world.service.complete_task(task, caller=BOB)

    created, *events = world.service.task_history(task, caller=CAROL)[::-1]
    assert (created.action, created.actor) == (TaskAction.CREATED, None)
    assert [(each.action, each.actor, each.assignee, each.reason) for each in events] == [
        (TaskAction.CLAIMED, "alice", "alice", None),
        (TaskAction.RELEASED, "alice", "alice", None),
        (TaskAction.ASSIGNED, "carol", "bob", "on holiday"),
        (TaskAction.COMPLETED, "bob", None, None),
    ]
    assert [each.at for each in events] == moments
    assert world.service.task_history(task, caller=MALLORY).kind is ProblemKind.NOT_FOUND


def test_the_journal_names_the_task(world):
    world.deploy(approval())
    key = world.start()
    task = only_task(world)

    world.service.assign_task(task, "alice", caller=CAROL)
    world.service.assign_task(task, None, caller=CAROL)
    world.service.claim_task(task, caller=ALICE)
    world.service.complete_task(task, caller=ALICE)

    entries = world.service.instance_journal(key).items
    assert [entry.summary for entry in entries[:4]] == [
        "Completed the user task u.",
        "Claimed the user task u.",
        "Assigned the user task u to nobody.",
        "Assigned the user task u to alice.",
    ]


def test_the_journal_names_the_task_also_when_its_completion_gets_stuck(world):
    world.deploy(approval(assignee="alice", outputs={"total": "1 + missing.price"}))
    key = world.start()

    world.service.complete_task(only_task(world), caller=ALICE)

    assert len(world.incidents()) == 1
    assert world.service.instance_journal(key).items[0].summary == "Completed the user task u."
