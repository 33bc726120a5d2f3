"""Adapters and Python workers that do the jobs of listeners."""

import datetime as dt

from bpmn_engine.ports import Done, Failed, FailureKind
from bpmn_engine.service.views import Caller, TaskFilter, TaskState
from tests.diagrams import end, process, service, start, user
from tests.integration.workers.conftest import JOB_TYPE
from tests.listeners import zeebe, zeebe_task

CAROL = Caller(user_id="carol", sees_all=True)


def around(element) -> bytes:
    return process("s -> a -> e", s=start(), a=element, e=end())


def test_an_adapter_does_the_job_of_a_start_listener_and_its_result_is_local(works):
    works.adapter.submits = [Done(output={"receipt": "R-1"})]
    key = works.start(around(zeebe(service("other"), f"start {JOB_TYPE}")))

    assert works.run_due() == 1

    assert works.variables(key) == {}
    (job,) = works.service.activate_jobs(
        ("other",), worker="w", limit=1, lock=dt.timedelta(minutes=1)
    )
    assert job.variables == {"receipt": "R-1"}


def test_an_adapter_may_tell_of_a_user_task_though_it_has_a_result(works):
    works.adapter.submits = [Done(output={"receipt": "R-1"})]
    key = works.start(around(zeebe_task(user(assignee="alice"), f"completing {JOB_TYPE}")))
    task = works.service.user_tasks(TaskFilter(), caller=CAROL).items[0].key
    works.service.complete_task(task, {"approved": True}, caller=CAROL)

    works.run_due()

    assert works.service.user_task(task, caller=CAROL).state is TaskState.COMPLETED
    assert works.variables(key) == {"approved": True}


def test_a_bpmn_error_that_a_listener_may_not_throw_is_an_incident(works):
    works.adapter.submits = [
        Failed(kind=FailureKind.BUSINESS, code="X", message="no", bpmn_error_code="NO_CREDIT")
    ]
    works.start(around(zeebe(service("other"), f"start {JOB_TYPE}")))

    works.run_due()

    assert works.incidents() == [
        "Start listener 1 of a: It threw the BPMN error 'NO_CREDIT', which a listener may not."
    ]
