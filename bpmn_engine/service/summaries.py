"""From stored rows to read models that also name the process definition."""

from __future__ import annotations

from collections.abc import Iterable

from bpmn_engine.ids import Key
from bpmn_engine.service.graphs import GraphCache
from bpmn_engine.service.outcomes import Problem, not_found
from bpmn_engine.store import instances
from bpmn_engine.store.database import Session
from bpmn_engine.store.instances import InstanceRow
from bpmn_engine.store.user_tasks import UserTaskRow
from bpmn_engine.values import Variables
from bpmn_engine.views.instances import InstanceSummary
from bpmn_engine.views.work import UserTaskView


class ReadModels:
    """Makes read models for one session; definitions come from the cache of graphs."""

    def __init__(self, session: Session, graphs: GraphCache) -> None:
        self._session = session
        self._graphs = graphs

    def summaries(self, keys: Iterable[Key]) -> dict[Key, InstanceSummary]:
        """Return instances by key; those that do not exist are left out."""
        return {row.key: self.summary(row) for row in instances.load(self._session, keys)}

    def summary(self, row: InstanceRow) -> InstanceSummary:
        """Return the read model of one instance."""
        definition = self._graphs.definition(self._session, row.definition_key).row
        return InstanceSummary(
            key=row.key,
            definition_key=row.definition_key,
            process_id=row.process_id,
            process_name=definition.name,
            version=definition.version,
            business_key=row.business_key,
            status=row.status,
            started_at=row.started_at,
            started_by=row.started_by,
            updated_at=row.updated_at,
            revision=row.version,
            ended_at=row.ended_at,
            incident_count=row.incident_count,
            error_code=row.error_code,
            parent_key=row.parent_key,
            root_key=row.root_key,
        )

    def task(
        self,
        row: UserTaskRow,
        *,
        variables: Variables,
    ) -> UserTaskView:
        """Return the read model of one user task, with the variables it sees."""
        compiled = self._graphs.definition(self._session, row.definition_key)
        definition = compiled.row
        return UserTaskView(
            key=row.key,
            name=row.name,
            documentation=compiled.documentation.get(row.element_id),
            element_id=row.element_id,
            instance_key=row.instance_key,
            definition_key=row.definition_key,
            process_id=row.process_id,
            process_name=definition.name,
            version=definition.version,
            business_key=row.business_key,
            state=row.state,
            assignee=row.assignee,
            candidate_users=row.candidate_users,
            candidate_groups=row.candidate_groups,
            created_at=row.created_at,
            due_at=row.due_at,
            follow_up_at=row.follow_up_at,
            priority=row.priority,
            form=row.form,
            ended_at=row.ended_at,
            completed_by=row.completed_by,
            variables=variables,
        )


def summary_of(session: Session, graphs: GraphCache, key: Key) -> InstanceSummary | Problem:
    """Return one instance."""
    found = ReadModels(session, graphs).summaries((key,)).get(key)
    return not_found("process instance", key) if found is None else found
