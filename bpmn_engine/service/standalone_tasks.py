"""User tasks of no process: somebody makes one for somebody, as Camunda 7's Tasklist offers.

Behind each is an instance of a process of the engine's own with this one task. So it is in
worklists, in history and under everybody's rights like any other, and survives what they survive.
The process is deployed when the first one is made, and marked so that no list offers it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import CancelInstance, Rejection, StartInstance
from bpmn_engine.service.deployments import DeploymentUseCases
from bpmn_engine.service.outcomes import Problem, Resource, conflict, invalid
from bpmn_engine.service.task_delegation import TaskUpdate
from bpmn_engine.service.task_variables import TaskVariables
from bpmn_engine.service.transactions import AbandonedError, of_rejection
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import apply_or_abandon
from bpmn_engine.store import definitions, deletions, history, task_edits, task_notes
from bpmn_engine.store.database import Session
from bpmn_engine.store.definitions import DefinitionRow
from bpmn_engine.store.user_tasks import UserTaskRow
from bpmn_engine.views.notes import CommentView
from bpmn_engine.views.paging import Caller
from bpmn_engine.views.work import STANDALONE, UserTaskView

_ELEMENT: Final = "task"
_DIAGRAM: Final = f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
    xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
    xmlns:di="http://www.omg.org/spec/DD/20100524/DI"
    targetNamespace="bpmn-engine" id="standalone">
  <bpmn:process id="{STANDALONE}" name="Task of no process" isExecutable="true">
    <bpmn:startEvent id="begin" />
    <bpmn:sequenceFlow id="to" sourceRef="begin" targetRef="{_ELEMENT}" />
    <bpmn:userTask id="{_ELEMENT}" name="Task" />
    <bpmn:sequenceFlow id="from" sourceRef="{_ELEMENT}" targetRef="end" />
    <bpmn:endEvent id="end" />
  </bpmn:process>
  <bpmndi:BPMNDiagram id="diagram">
    <bpmndi:BPMNPlane id="plane" bpmnElement="{STANDALONE}">
      <bpmndi:BPMNShape id="begin_di" bpmnElement="begin">
        <dc:Bounds x="150" y="102" width="36" height="36" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="task_di" bpmnElement="{_ELEMENT}">
        <dc:Bounds x="240" y="80" width="100" height="80" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="end_di" bpmnElement="end">
        <dc:Bounds x="392" y="102" width="36" height="36" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="to_di" bpmnElement="to">
        <di:waypoint x="186" y="120" /><di:waypoint x="240" y="120" />
      </bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="from_di" bpmnElement="from">
        <di:waypoint x="340" y="120" /><di:waypoint x="392" y="120" />
      </bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """A user task of no process."""

    says: TaskUpdate
    description: str | None = None  #: kept as its first comment


class StandaloneTasks(TaskVariables, DeploymentUseCases):
    """What people do with tasks that belong to no process."""

    def create_task(self, new: NewTask, *, caller: Caller) -> UserTaskView | Problem:
        """Make a task of no process; without an assignee it is offered to who makes it."""
        if not 0 <= new.says.priority <= 100:  # noqa: PLR2004 -- as diagrams may say
            return invalid(
                f"Expected a priority from 0 to 100, but got {new.says.priority}.",
                field_name="priority",
            )
        problem = self._ensure_process()
        if problem is not None:
            return problem
        made: list[Key] = []

        def work(unit: UnitOfWork) -> None:
            row = unit.start(
                _process(unit.session),
                StartInstance(initiator=caller.user_id),
                actor=caller.user_id,
            )
            if isinstance(row, Rejection):
                raise AbandonedError(of_rejection(row))
            made[:] = [row.key]
            unit.write_last(lambda session: _describe(session, unit, row.key, new, caller))

        problem = self._commit(work)
        if problem is not None:
            return problem
        key = self._read(lambda session: task_edits.only_task_of(session, made[0]))
        return self._task_view(key)

    def delete_task(
        self, key: int, *, caller: Caller, reason: str | None = None
    ) -> UserTaskView | Problem:
        """Withdraw a task of no process; CONFLICT for any other, which its process withdraws."""

        def withdraw(unit: UnitOfWork, row: UserTaskRow) -> Problem | None:
            if row.process_id != STANDALONE:
                return conflict(
                    f"Expected the user task {key} to belong to no process, but it is part of "
                    f"the process instance {row.instance_key}."
                )
            command = CancelInstance(reason=reason)
            apply_or_abandon(unit, row.instance_key, command, actor=caller.user_id, reason=reason)
            return None

        return self._told(self._with_task(key, caller, withdraw), key)

    def _ensure_process(self) -> Problem | None:
        if self._read(lambda session: definitions.find_marked(session, STANDALONE)) is not None:
            return None
        file = Resource(name="standalone-task.bpmn", content=_DIAGRAM.encode())
        deployed = self.deploy((file,), name="Tasks of no process")
        if isinstance(deployed, Problem):
            return deployed
        return self._commit(lambda unit: deletions.hide(unit.session, STANDALONE, unit.now))


def _process(session: Session) -> DefinitionRow:
    found = definitions.find_marked(session, STANDALONE)
    if found is None:
        raise AbandonedError(conflict("Expected the process behind such tasks, but it is gone."))
    return found


def _describe(
    session: Session, unit: UnitOfWork, instance: Key, new: NewTask, caller: Caller
) -> None:
    """Write what a new task says, and who said it."""
    says = new.says
    values = {
        "name": says.name,
        "search_text": says.name.lower(),
        "owner": says.owner,
        "assignee": says.assignee,
        "delegation": None if says.delegation is None else says.delegation.value,
        "priority": says.priority,
        "due_at": says.due_at,
        "follow_up_at": says.follow_up_at,
    }
    key = task_edits.describe(session, instance, values)
    if says.assignee is None:
        task_edits.offer(session, key, user=caller.user_id)
    history.write_note(
        session,
        instance_key=instance,
        at=unit.now,
        actor=caller.user_id,
        action="CreateUserTask",
        detail={"name": says.name, "assignee": says.assignee},
        element_id=_ELEMENT,
    )
    if new.description:
        comment = CommentView(
            key=unit.keys.next(),
            instance_key=instance,
            task_key=key,
            author=caller.user_id,
            at=unit.now,
            message=new.description,
        )
        task_notes.insert_comment(session, comment)
