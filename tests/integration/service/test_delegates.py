"""What Camunda 7 calls `task` and `execution`, in the listeners and expressions of a diagram."""

import datetime as dt

import pytest

from bpmn_engine.clock import VirtualClock
from bpmn_engine.engine import Engine
from bpmn_engine.errors import DeploymentRefusedError
from bpmn_engine.views.paging import Caller
from tests.diagrams import end, process, start, task, user
from tests.listeners import camunda, camunda_task, on_process


@pytest.fixture
def engine():
    with Engine() as engine:
        yield engine


def _with_user_task(*listeners, **attributes):
    listening = camunda_task(user(**attributes), *listeners)
    xml = process("s -> u -> e", s=start(), u=listening, e=end())
    return xml.replace(b'<bpmn:userTask id="u"', b'<bpmn:userTask id="u" name="Approve"')


def _noting(event, expression):
    return f"{event} expression ${{execution.setVariable('{event}', {expression})}}"


def test_a_create_listener_reads_the_task_before_anybody_sees_it(engine):
    text = (
        "task.getName().concat('|').concat(task.taskDefinitionKey).concat('|')"
        ".concat(task.getEventName()).concat('|').concat(task.getAssignee())"
    )
    engine.deploy(_with_user_task(_noting("create", text), assignee="alice"))

    instance = engine.start("p")

    assert instance.variables == {"create": "Approve|u|create|alice"}


def test_a_complete_listener_reads_who_has_the_task_by_then_and_its_key(engine):
    engine.deploy(
        _with_user_task(
            _noting("assignment", "task.assignee"),
            "complete expression ${execution.setVariable('by', task.assignee)}",
            "complete expression ${execution.setVariable('key', task.getId())}",
            "complete expression ${task.setVariable('priority', task.getPriority())}",
        )
    )
    instance = engine.start("p")
    (offered,) = engine.tasks()

    engine.complete(offered, user=_claimed(engine, offered, "bob"))

    assert instance.variables == {
        "assignment": "bob",
        "by": "bob",
        "key": str(offered.key),
        "priority": 50,
    }


def _claimed(engine, offered, name):
    engine.service.claim_task(offered.key, caller=Caller(user_id=name))
    return name


def test_listeners_change_the_task_and_later_ones_see_it(engine):
    engine.deploy(
        _with_user_task(
            "create expression ${task.setAssignee(boss)}",
            "create expression ${task.setPriority(task.priority + 20)}",
            "create expression ${task.setDueDate('2031-05-06T07:08:09Z')}",
            "create expression ${task.addCandidateUser('carol')}",
            "create expression ${task.addCandidateGroups(groups)}",
            "create expression ${task.addCandidateGroup('law')}",
            "create expression ${task.deleteCandidateGroup('sales')}",
            "create expression ${execution.setVariable('seen', task.assignee)}",
            "assignment expression ${task.setPriority(99)}",
        )
    )

    engine.start("p", {"boss": "alice", "groups": ["sales", "risk"]})

    (offered,) = engine.tasks()
    assert offered.assignee == "alice"
    assert offered.priority == 99
    assert offered.due_at.isoformat() == "2031-05-06T07:08:09+00:00"
    assert offered.candidate_users == ("carol",)
    assert offered.candidate_groups == ("risk", "law")
    assert engine.instance(offered.instance_key).variables["seen"] == "alice"


def test_an_assignment_listener_hands_the_task_on_to_somebody_else(engine):
    engine.deploy(
        _with_user_task("assignment expression ${task.setAssignee(task.assignee.concat('2'))}")
    )
    engine.start("p")
    (offered,) = engine.tasks()

    _claimed(engine, offered, "bob")

    assert [each.assignee for each in engine.tasks()] == ["bob2"]


def test_a_timeout_listener_changes_an_open_task():
    clock = VirtualClock()
    xml = _with_user_task(
        "create expression ${task.setPriority(10)}", "timeout expression ${task.setPriority(100)}"
    )
    with Engine(clock=clock) as engine:
        engine.deploy(xml)
        engine.start("p")
        assert [each.priority for each in engine.tasks()] == [10]

        clock.advance(dt.timedelta(hours=2))
        engine.run_until_idle()

        assert [each.priority for each in engine.tasks()] == [100]


def test_a_change_that_a_task_cannot_have_is_an_incident_and_can_be_put_right(engine):
    engine.deploy(_with_user_task("create expression ${task.setPriority(urgency)}"))
    instance = engine.start("p", {"urgency": "high"})
    (incident,) = engine.service.incidents().items
    assert "Expected priority to be corrected to a whole number from 0 to 100" in incident.message

    engine.service.set_variables(instance.key, {"urgency": 70}, actor="alice")
    engine.service.resolve_incident(incident.key, actor="alice")

    assert [each.priority for each in engine.tasks()] == [70]


def test_a_function_is_given_the_task(engine):
    @engine.function("myTaskListener.notify")
    def notify(task, event):
        return f"{event}: {task['name']} for {task['assignee']}"

    engine.deploy(
        _with_user_task(
            _noting("create", "myTaskListener.notify(task, task.eventName)"), assignee="alice"
        )
    )

    assert engine.start("p").variables == {"create": "create: Approve for alice"}


def test_execution_says_where_it_is(engine):
    told = "execution.getCurrentActivityId().concat(' ').concat(execution.eventName)"
    engine.deploy(
        process(
            "s -> t -> e",
            s=start(),
            t=camunda(
                task(),
                f"start expression ${{execution.setVariable('a', {told})}}",
                "end expression ${execution.setVariable('b', execution.currentActivityName)}",
            ),
            e=end(),
        ).replace(b'<bpmn:task id="t"', b'<bpmn:task id="t" name="Bill"')
    )

    assert engine.start("p").variables == {"a": "t start", "b": "Bill"}


def test_a_listener_removes_a_variable(engine):
    engine.deploy(
        process(
            "s -> t -> e",
            s=start(),
            t=camunda(
                task(),
                "start expression ${execution.removeVariable('draft')}",
                "end expression ${execution.removeVariable('nothing of that name')}",
            ),
            e=end(),
        )
    )

    assert engine.start("p", {"draft": 1, "kept": 2}).variables == {"kept": 2}


def test_a_variable_named_task_stays_one_outside_task_listeners(engine):
    engine.deploy(
        process(
            "s -> t -> e",
            s=start(),
            t=camunda(task(), "start expression ${execution.setVariable('n', task.name)}"),
            e=end(),
        )
    )

    assert engine.start("p", {"task": {"name": "Alice"}}).variables["n"] == "Alice"


@pytest.mark.parametrize(
    ("listener", "words"),
    [
        ("create expression ${task.getOwner()}", "but found getOwner()."),
        ("create expression ${task.id}", "of task at this place, but found id."),
        ("create expression ${task.setName('x')}", "has to be all of the expression"),
        ("delete expression ${task.assignee}", "but found assignee."),
        ("delete expression ${task.setAssignee('bob')}", "but found setAssignee()."),
        ("timeout expression ${task.addCandidateUser('bob')}", "but found addCandidateUser()."),
        ("create expression ${1 + task.setPriority(1)}", "but found setPriority()."),
        ("start expression ${task.getName()}", "known to the task listeners of user tasks only"),
    ],
)
def test_what_an_event_does_not_know_of_its_task_is_refused(engine, listener, words):
    listening = camunda if listener.startswith("start") else camunda_task
    xml = process("s -> u -> e", s=start(), u=listening(user(), listener), e=end())

    with pytest.raises(DeploymentRefusedError) as refused:
        engine.deploy(xml)

    (violation,) = refused.value.violations
    assert words in violation.message
    assert "(line 1, column" in violation.message


def test_the_process_has_no_current_activity(engine):
    xml = on_process(
        process("s -> e", s=start(), e=end()),
        '<camunda:executionListener event="start" '
        "expression=\"${execution.setVariable('a', execution.currentActivityId)}\"/>",
    )

    with pytest.raises(DeploymentRefusedError, match="found currentActivityId"):
        engine.deploy(xml)


def test_what_a_listener_knows_of_the_task_outlasts_the_job_of_another(engine):
    engine.deploy(
        _with_user_task(
            "complete expression ${task.setPriority(80)}",
            "complete class my.Audit",
            "complete expression ${execution.setVariable('by', task.assignee)}",
            "complete expression ${execution.setVariable('priority', task.priority)}",
        )
    )
    instance = engine.start("p")
    (offered,) = engine.tasks()
    engine.complete(offered, user=_claimed(engine, offered, "bob"))
    assert not instance.is_ended

    engine.worker("my.Audit")(lambda _: None)
    engine.run_until_idle()

    assert instance.variables == {"by": "bob", "priority": 80}
