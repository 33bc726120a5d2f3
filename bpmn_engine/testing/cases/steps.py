"""What each step of a case does to the engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from bpmn_engine.engine import unwrap
from bpmn_engine.service.outcomes import MessageOutcome, Problem
from bpmn_engine.testing.cases.case_file import (
    AnswerJob,
    BroadcastSignal,
    CancelInstance,
    CompleteTask,
    Expect,
    MoveClock,
    PublishMessage,
    ResolveIncident,
    StartProcess,
    Step,
    ThrowError,
)
from bpmn_engine.testing.cases.instance_choice import InstanceChoice
from bpmn_engine.testing.cases.shapes import did_you_mean, in_words
from bpmn_engine.testing.cases.spans import read_moment, read_span
from bpmn_engine.testing.job_answers import give_answer, open_jobs
from bpmn_engine.testing.process_test import ProcessTest
from bpmn_engine.views.instances import StartRequest
from bpmn_engine.views.operations import IncidentFilter
from bpmn_engine.views.paging import Caller, PageRequest
from bpmn_engine.views.work import JobView, TaskFilter, UserTaskView

_ACTOR: Final = "test"
_OPERATOR: Final = Caller(user_id=_ACTOR, sees_all=True)
_PAGE: Final = PageRequest(limit=200)


class StepRefusedError(Exception):
    """Expected a step that can be done, but the instances are not so far, or elsewhere."""


def play_step(step: Step, test: ProcessTest, choice: InstanceChoice) -> None:  # noqa: C901 — a case for each step
    """Do a step, and all that follows from it at once.

    Raises:
        BpmnEngineError: the engine refuses it.
        StepRefusedError: there is nothing that it can be done to.
    """
    match step:
        case StartProcess():
            _start(step, test, choice)
        case AnswerJob():
            job = _open_job(step.target, test, choice)
            _refuse(give_answer(test.engine.service, job, step.answer))
        case ThrowError():
            _throw(step, test, choice)
        case CompleteTask():
            _complete_task(step, test, choice)
        case PublishMessage():
            _publish(step, test, choice)
        case BroadcastSignal():
            result = test.engine.signal(step.name, step.variables)
            _note(result.started_keys, choice)
        case MoveClock():
            _move(step, test)
        case ResolveIncident():
            _resolve(step, test, choice)
        case CancelInstance():
            unwrap(
                test.engine.service.cancel_instance(
                    choice.current_key(), reason=step.reason, actor=_ACTOR
                )
            )
        case Expect():
            return
    test.settle()


def _start(step: StartProcess, test: ProcessTest, choice: InstanceChoice) -> None:
    request = StartRequest(
        process_id=step.process_id,
        variables=step.variables,
        business_key=step.business_key,
        start_element_id=_start_element(step, choice),
    )
    answer = test.engine.service.start_instances([request], actor=_ACTOR)[0]
    if isinstance(answer, Problem):
        near = ""
        if step.process_id not in choice.processes:
            near = did_you_mean(step.process_id, choice.processes)
        raise StepRefusedError(answer.message + near)
    choice.note_started(answer.key)


def _start_element(step: StartProcess, choice: InstanceChoice) -> str | None:
    """Return the id of the start event, which may be called by its name."""
    process = choice.processes.get(step.process_id)
    if step.start_element is None or process is None:
        return step.start_element
    found = process.find(step.start_element)
    if len(found) == 1:
        return next(iter(found))
    raise StepRefusedError(
        f"Expected one start event {step.start_element!r} in {step.process_id}, but there "
        f"{'is none' if not found else 'are several; use its id'}."
        f"{did_you_mean(step.start_element, process.words)}"
    )


def _throw(step: ThrowError, test: ProcessTest, choice: InstanceChoice) -> None:
    """End a user task with a BPMN error, or else a job."""
    service, error = test.engine.service, step.error
    task = _find_task(step.target, test)
    if task is not None:
        answer = service.throw_task_error(
            task.key,
            error.code,
            caller=_OPERATOR,
            message=error.message,
            variables=error.variables,
        )
        unwrap(answer)
        return
    _refuse(give_answer(service, _open_job(step.target, test, choice), error))


def _complete_task(step: CompleteTask, test: ProcessTest, choice: InstanceChoice) -> None:
    service, task = test.engine.service, _find_task(step.target, test)
    if task is None:
        labels = [_task_label(one) for one in _open_tasks(test)]
        raise StepRefusedError(_nothing_open("user task", step.target, labels, choice))
    if step.person is None:
        unwrap(service.complete_task(task.key, step.variables, caller=_OPERATOR))
        return
    person = Caller(user_id=step.person, groups=frozenset(step.groups))
    for answer in (
        service.claim_task(task.key, caller=person),
        service.complete_task(task.key, step.variables, caller=person),
    ):
        if isinstance(answer, Problem):
            offered = in_words([*task.candidate_groups, *task.candidate_users]) or "everybody"
            raise StepRefusedError(
                f"Expected {step.person} to be able to complete {_task_label(task)}, but it is "
                f"offered to {offered} and assigned to {task.assignee or 'nobody'}. "
                f"The engine says: {answer.message}"
            )


def _publish(step: PublishMessage, test: ProcessTest, choice: InstanceChoice) -> None:
    answer = test.engine.service.correlate_message(
        step.name,
        correlation_key=step.correlation_key,
        business_key=step.business_key,
        variables=step.variables,
        actor=_ACTOR,
    )
    if isinstance(answer, Problem):
        waiting = [(name, key) for sight in choice.all_sights() for name, key in sight.messages]
        shown = [name if key is None else f"{name} (key {key})" for name, key in waiting]
        raise StepRefusedError(
            f"{answer.message} Instances wait for {in_words(shown, 'and') or 'no message'}."
            f"{did_you_mean(step.name, [name for name, _ in waiting])}"
        )
    if answer.outcome is MessageOutcome.STARTED:
        _note(answer.instance_keys, choice)


def _move(step: MoveClock, test: ProcessTest) -> None:
    now = test.clock.now()
    span = read_span(step.text)
    try:
        until = read_moment(step.text) if span is None else span.add_to(now)
    except OverflowError as error:
        raise StepRefusedError(
            "Expected a moment before the year 10000, but got one after."
        ) from (error)
    if until is None or until < now:
        raise StepRefusedError(
            f"Expected a moment that is still to come, but {step.text} is before "
            f"{now:%Y-%m-%dT%H:%M:%SZ}."
        )
    test.move_clock(until)


def _resolve(step: ResolveIncident, test: ProcessTest, choice: InstanceChoice) -> None:
    service = test.engine.service
    found = sorted(
        unwrap(service.incidents(IncidentFilter(), page=_PAGE)).items, key=lambda one: one.key
    )
    for incident in found:
        if step.target in {incident.element_id, incident.element_name}:
            unwrap(
                service.resolve_incident(
                    incident.key, retries=step.retries, variables=step.variables, actor=_ACTOR
                )
            )
            return
    labels = [_label(one.element_id, one.element_name) for one in found]
    raise StepRefusedError(_nothing_open("incident", step.target, labels, choice))


def _open_job(target: str, test: ProcessTest, choice: InstanceChoice) -> JobView:
    """Return the oldest open job of an element id, else of a name, else of a type."""
    jobs = sorted(open_jobs(test.engine.service), key=lambda job: job.key)
    for names in (_element_ids(jobs), _element_names(jobs), _job_types(jobs)):
        if target in names:
            return jobs[names.index(target)]
    labels = [f"{_label(job.element_id, job.element_name)} ({job.job_type})" for job in jobs]
    raise StepRefusedError(_nothing_open("job", target, labels, choice, _job_types(jobs)))


def _element_ids(jobs: Sequence[JobView]) -> list[str | None]:
    return [job.element_id for job in jobs]


def _element_names(jobs: Sequence[JobView]) -> list[str | None]:
    return [job.element_name for job in jobs]


def _job_types(jobs: Sequence[JobView]) -> list[str | None]:
    return [job.job_type for job in jobs]


def _open_tasks(test: ProcessTest) -> list[UserTaskView]:
    page = unwrap(test.engine.service.user_tasks(TaskFilter(), caller=_OPERATOR, page=_PAGE))
    return sorted(page.items, key=lambda task: task.key)


def _find_task(target: str, test: ProcessTest) -> UserTaskView | None:
    tasks = _open_tasks(test)
    by_id = [task for task in tasks if task.element_id == target]
    by_name = [task for task in tasks if task.name == target]
    return next(iter((*by_id, *by_name)), None)


def _nothing_open(
    what: str,
    target: str,
    labels: Sequence[str],
    choice: InstanceChoice,
    others: Iterable[str | None] = (),
) -> str:
    open_now = in_words(list(labels), "and") or "none"
    words = {*choice.words, *(one for one in others if one is not None)}
    near = "" if target in words else did_you_mean(target, words)
    return f"Expected an open {what} {target!r}, but there is none; open: {open_now}.{near}"


def _task_label(task: UserTaskView) -> str:
    return _label(task.element_id, task.name)


def _label(element_id: str, name: str | None) -> str:
    return element_id if name in {None, element_id} else f'{element_id} "{name}"'


def _note(keys: Sequence[int], choice: InstanceChoice) -> None:
    if keys:
        choice.note_started(keys[-1])


def _refuse(problem: Problem | None) -> None:
    if problem is not None:
        raise StepRefusedError(problem.message)
