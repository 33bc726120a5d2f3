"""Listeners through the service: their jobs, what their workers are told, what people see."""

import datetime as dt

from bpmn_engine.service.task_delegation import TaskUpdate
from bpmn_engine.service.views import (
    Caller,
    Problem,
    ProblemKind,
    TaskAction,
    TaskFilter,
    TaskScope,
    TaskState,
)
from tests.diagrams import boundary, call, contents, end, process, processes, service, start, timer
from tests.diagrams import user as user_task
from tests.listeners import camunda, camunda_task, on_process, zeebe, zeebe_task, zeebe_xml

ALICE = Caller(user_id="alice", groups=frozenset({"sales"}))
BOB = Caller(user_id="bob", groups=frozenset({"sales"}))
CAROL = Caller(user_id="carol", sees_all=True)
PREFIX = "io.camunda.zeebe:"


def around(element, element_id="a"):
    return process(f"s -> {element_id} -> e", s=start(), **{element_id: element}, e=end())


def only_task(world):
    (task,) = world.tasks(CAROL)
    return task.key


def complete(world, job_type, **parts):
    """Complete the only open job of a type; returns the job as its worker saw it."""
    (job,) = world.activate(job_type)
    problem = world.service.complete_job(job.key, lock_token=job.lock_token, **parts)
    assert problem is None, problem
    return job


def test_the_jobs_of_listeners_are_worked_off_in_their_order(world):
    world.deploy(
        on_process(
            around(zeebe(service("work"), "start before", "end after")),
            zeebe_xml("start open", "end close"),
        )
    )
    key = world.start(variables={"amount": 5})
    done = []

    while world.status(key) == "active":
        (job,) = world.activate()
        done.append((job.job_type, job.element_id, job.listener_event))
        world.service.complete_job(job.key, {}, lock_token=job.lock_token)

    assert done == [
        ("open", "p", "start"),
        ("before", "a", "start"),
        ("work", "a", None),
        ("after", "a", "end"),
        ("close", "p", "end"),
    ]
    assert world.status(key) == "completed"


def test_the_instance_says_that_it_waits_for_a_listener(world):
    world.deploy(around(zeebe(service("work"), "start one", "start two")))
    key = world.start()

    complete(world, "one")

    assert world.waits(key) == ["Waits for a worker of job type two, for its start listener 2."]
    entries = world.service.instance_journal(key).items
    lines = [line for entry in entries for line in entry.facts if "listener" in line]
    assert sorted(line.partition("(")[2] for line in lines) == [
        "start listener 1)",
        "start listener 2)",
    ]


def test_a_listener_whose_attempts_are_spent_is_an_incident_that_is_retried(world):
    world.deploy(around(zeebe(service("work"), "start before")))
    key = world.start()
    (job,) = world.activate("before")

    world.service.fail_job(job.key, "no ink", is_permanent=True, lock_token=job.lock_token)
    assert world.incidents() == ["Start listener 1 of a: no ink"]
    (incident,) = world.service.incidents().items
    world.service.resolve_incident(incident.key, actor="carol")
    again = complete(world, "before")

    assert again.key == job.key
    assert world.work("work") == 1
    assert world.status(key) == "completed"


def test_a_bpmn_error_of_a_listener_of_camunda_8_is_refused_and_the_job_stays(world):
    world.deploy(around(zeebe(service("work"), "start before")))
    world.start()
    (job,) = world.activate("before")

    problem = world.service.throw_job_error(job.key, "E", lock_token=job.lock_token)

    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.CONFLICT
    assert world.service.complete_job(job.key, lock_token=job.lock_token) is None


def test_the_end_listeners_of_an_interrupted_task_run_beside_what_follows(world):
    world.deploy(
        process(
            "s -> a -> e",
            "late -> b -> e2",
            s=start(),
            a=camunda(service("work", inputs={"net": "price"}), "end class my.Audit"),
            late=boundary("a", timer(duration="PT1H")),
            b=service("next"),
            e=end(),
            e2=end(),
        )
    )
    key = world.start(variables={"price": 5})

    world.clock.advance(dt.timedelta(hours=2))
    world.service.fire_due_timers(100)
    told = complete(world, "my.Audit")
    assert world.status(key) == "active"
    complete(world, "next")

    assert (told.element_id, told.variables) == ("a", {"net": 5, "price": 5})
    assert world.status(key) == "completed"


def test_a_cancelled_instance_waits_for_its_cancel_listener(world):
    world.deploy(on_process(around(service("work")), zeebe_xml("cancel tell")))
    key = world.start()

    world.service.cancel_instance(key, reason="by mistake", actor="carol")
    assert (world.status(key), world.activate("work")) == ("active", [])
    told = complete(world, "tell")

    assert told.variables["cancelReason"] == "by mistake"
    assert world.status(key) == "terminated"


def test_a_called_instance_that_is_withdrawn_tells_its_listeners(world):
    inner = contents("s1 -> a -> e1", s1=start(), a=service("work"), e1=end())
    outer = contents(
        "s -> c -> e",
        "late -> e2",
        s=start(),
        c=call("q"),
        late=boundary("c", timer(duration="PT1H")),
        e=end(),
        e2=end(),
    )
    world.deploy(on_process(processes(q=inner, p=outer), zeebe_xml("cancel tell")))
    key = world.start()
    world.service.drain(100)

    world.clock.advance(dt.timedelta(hours=2))
    world.service.fire_due_timers(100)
    world.service.drain(100)

    assert world.status(key) == "completed"
    assert complete(world, "tell").process_id == "q"


# User tasks -----------------------------------------------------------------------------------


def test_a_task_is_in_nobodys_list_before_its_creating_listeners_are_done(world):
    world.deploy(around(zeebe_task(user_task(groups="sales"), "creating greet")))
    world.start()

    assert world.tasks(CAROL) == ()
    job = complete(world, "greet", corrections={"candidateGroups": ["it"], "priority": 80})
    (task,) = world.tasks(CAROL)

    assert job.headers[PREFIX + "action"] == "create"
    assert (task.candidate_groups, task.priority) == (("it",), 80)
    assert world.tasks(ALICE) == ()


def test_a_claim_waits_for_the_assigning_listeners(world):
    world.deploy(around(zeebe_task(user_task(groups="sales"), "assigning check")))
    world.start()
    task = only_task(world)

    claimed = world.service.claim_task(task, caller=ALICE)
    assert (claimed.state, claimed.assignee) == (TaskState.ASSIGNING, None)
    held = world.service.claim_task(task, caller=BOB)
    assert isinstance(held, Problem)
    assert "waits for its listeners" in held.message
    job = complete(world, "check", corrections={"dueDate": "2030-01-31T09:00:00+00:00"})
    now = world.service.user_task(task, caller=ALICE)

    assert job.headers[PREFIX + "assignee"] == "alice"
    assert job.headers[PREFIX + "changedAttributes"] == "assignee"
    assert job.headers[PREFIX + "userTaskKey"] == str(task)
    assert (now.state, now.assignee) == (TaskState.CREATED, "alice")
    assert now.due_at == dt.datetime(2030, 1, 31, 9, tzinfo=dt.UTC)
    events = world.service.task_history(task, caller=ALICE)
    assert [event.action for event in events] == [TaskAction.ASSIGNED, TaskAction.CREATED]


def test_a_denied_claim_leaves_the_task_to_others(world):
    world.deploy(around(zeebe_task(user_task(groups="sales"), "assigning check")))
    world.start()
    task = only_task(world)

    world.service.claim_task(task, caller=ALICE)
    complete(world, "check", is_denied=True)
    world.service.claim_task(task, caller=BOB)
    complete(world, "check")

    assert world.service.user_task(task, caller=BOB).assignee == "bob"


def test_a_change_of_dates_waits_for_the_updating_listeners(world):
    world.deploy(around(zeebe_task(user_task(groups="sales"), "updating check")))
    world.start()
    task = only_task(world)

    assert world.service.correct_task(task, {"priority": 80}, caller=CAROL) is None
    waiting = world.service.user_task(task, caller=CAROL)
    held = world.service.claim_task(task, caller=BOB)
    job = complete(world, "check", corrections={"dueDate": "2030-01-31T09:00:00+00:00"})
    now = world.service.user_task(task, caller=CAROL)

    assert (waiting.state, waiting.priority) == (TaskState.UPDATING, 50)
    assert isinstance(held, Problem)
    assert "waits for its listeners" in held.message
    assert job.headers[PREFIX + "action"] == "update"
    assert job.headers[PREFIX + "priority"] == "80"
    assert job.headers[PREFIX + "changedAttributes"] == "priority"
    assert (now.state, now.priority) == (TaskState.CREATED, 80)
    assert now.due_at == dt.datetime(2030, 1, 31, 9, tzinfo=dt.UTC)


def test_a_denied_change_leaves_dates_and_candidates_as_they_were(world):
    world.deploy(around(zeebe_task(user_task(groups="sales"), "updating check")))
    world.start()
    task = only_task(world)

    world.service.correct_task(task, {"candidateGroups": ["it"]}, caller=CAROL)
    complete(world, "check", is_denied=True)

    assert world.service.user_task(task, caller=CAROL).candidate_groups == ("sales",)
    assert world.service.claim_task(task, caller=ALICE).assignee == "alice"


def test_offering_a_task_to_one_more_is_a_change_that_listeners_correct(world):
    world.deploy(around(zeebe_task(user_task(groups="sales"), "updating check")))
    world.start()
    task = only_task(world)

    world.service.offer_task(task, group="it", caller=CAROL)
    job = complete(world, "check")

    assert job.headers[PREFIX + "candidateGroups"] == "sales,it"
    assert world.service.user_task(task, caller=CAROL).candidate_groups == ("sales", "it")


def test_the_update_listener_of_camunda_7_sees_what_an_update_changes(world):
    listener = "update expression ${execution.setVariable('seen', task.priority)}"
    world.deploy(around(camunda_task(user_task(assignee="alice"), listener)))
    key = world.start()
    task = only_task(world)
    update = TaskUpdate(
        name="Check it",
        owner=None,
        assignee="alice",
        delegation=None,
        priority=70,
        due_at=None,
        follow_up_at=None,
    )

    changed = world.service.update_task(task, update, caller=ALICE)

    assert (changed.name, changed.priority, changed.state) == ("Check it", 70, TaskState.CREATED)
    assert world.variables(key) == {"seen": 70}


def test_a_completion_waits_for_its_listeners_and_is_the_persons(world):
    world.deploy(around(zeebe_task(user_task(assignee="alice"), "completing check")))
    key = world.start(variables={"amount": 5})
    task = only_task(world)

    waiting = world.service.complete_task(task, {"approved": True}, caller=ALICE)
    assert waiting.state is TaskState.COMPLETING
    again = world.service.complete_task(task, caller=ALICE)
    assert isinstance(again, Problem)
    job = complete(world, "check")
    done = world.service.user_task(task, caller=ALICE)

    assert job.variables == {"amount": 5, "approved": True}
    assert job.headers[PREFIX + "action"] == "complete"
    assert (done.state, done.completed_by) == (TaskState.COMPLETED, "alice")
    assert world.variables(key) == {"amount": 5, "approved": True}
    page = world.service.user_tasks(TaskFilter(scope=TaskScope.DONE), caller=ALICE)
    assert [item.key for item in page.items] == [task]


def test_a_denied_completion_gives_the_task_back(world):
    world.deploy(around(zeebe_task(user_task(assignee="alice"), "completing check")))
    key = world.start()
    task = only_task(world)

    world.service.complete_task(task, {"approved": True}, caller=ALICE)
    complete(world, "check", is_denied=True)
    open_again = world.service.user_task(task, caller=ALICE)

    assert (open_again.state, open_again.completed_by) == (TaskState.CREATED, None)
    assert world.variables(key) == {}


def test_an_interrupted_task_that_waits_for_its_listeners_was_completed_by_nobody(world):
    world.deploy(
        process(
            "s -> a -> e",
            "late -> e2",
            s=start(),
            a=zeebe_task(user_task(assignee="alice"), "completing check", "canceling tell"),
            late=boundary("a", timer(duration="PT1H")),
            e=end(),
            e2=end(),
        )
    )
    key = world.start()
    task = only_task(world)
    world.service.complete_task(task, caller=ALICE)

    world.clock.advance(dt.timedelta(hours=2))
    world.service.fire_due_timers(100)
    gone = world.service.user_task(task, caller=CAROL)
    complete(world, "tell")

    assert (gone.state, gone.completed_by) == (TaskState.WITHDRAWN, None)
    assert world.activate("check") == []
    assert world.status(key) == "completed"


def test_an_expression_of_a_task_listener_is_evaluated_with_the_persons_answer(world):
    world.deploy(
        around(
            camunda_task(
                user_task(assignee="alice"),
                "complete expression ${task.setVariable('total', amount * 2)}",
            )
        )
    )
    key = world.start()

    done = world.service.complete_task(only_task(world), {"amount": 4}, caller=ALICE)

    assert done.state is TaskState.COMPLETED
    assert world.variables(key) == {"amount": 4, "total": 8}
