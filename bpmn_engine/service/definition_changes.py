"""What operators do with process definitions, and what is counted over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from bpmn_engine.expressions.language import Language
from bpmn_engine.graph.specs import CallSpec
from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import Rejection, StartAfter, StartBefore, StartElsewhere
from bpmn_engine.model.flow_nodes import Binding
from bpmn_engine.service.definition_reading import find_startable
from bpmn_engine.service.outcomes import Problem, ProblemKind, invalid, not_found
from bpmn_engine.service.summaries import summary_of
from bpmn_engine.service.transactions import AbandonedError, of_rejection
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import definitions, queries_statistics
from bpmn_engine.store.database import Session
from bpmn_engine.store.definitions import DefinitionRow
from bpmn_engine.values import JsonValue, Variables
from bpmn_engine.views.instances import InstanceSummary, StartRequest
from bpmn_engine.views.paging import Caller

_NOTHING: Final[Mapping[str, JsonValue]] = {}


class DefinitionChanges(UseCases):
    """What is done to process definitions after they were deployed."""

    def suspend_definitions(
        self, definition_keys: Sequence[int], *, is_suspended: bool
    ) -> Problem | None:
        """Hold process definitions, so that none of their instances starts, or let them go on.

        Instances that run already go on. A timer that is due meanwhile starts nothing.
        """
        keys = [Key(each) for each in definition_keys]

        def work(unit: UnitOfWork) -> None:
            for key in keys:
                if definitions.find_deployed(unit.session, key) is None:
                    raise AbandonedError(not_found("process definition", key))
            definitions.suspend(unit.session, keys, is_suspended=is_suspended)
            unit.touch("definitions")

        return self._commit(work)

    def start_elsewhere(
        self,
        definition_key: int,
        moves: Sequence[StartBefore | StartAfter],
        *,
        variables: Variables = _NOTHING,
        business_key: str | None = None,
        caller: Caller,
    ) -> InstanceSummary | Problem:
        """Start an instance at some elements, as if everything before them had happened."""
        if not moves:
            return invalid("Expected at least one place to start at, but got none.")

        def work(unit: UnitOfWork) -> Key:
            request = StartRequest(definition_key=definition_key, variables=variables)
            definition = find_startable(unit.session, request, caller)
            if isinstance(definition, Problem):
                raise AbandonedError(definition)
            command = StartElsewhere(
                moves=tuple(moves), variables=variables, business_key=business_key
            )
            started = unit.start(definition, command, actor=caller.user_id)
            if isinstance(started, Rejection):
                message = of_rejection(started).message
                raise AbandonedError(Problem(kind=ProblemKind.INVALID, message=message))
            return started.key

        key = self._commit(work)
        if isinstance(key, Problem):
            return key
        return self._read(lambda session: summary_of(session, self._graphs, key))

    def called_definitions(self, definition_key: int) -> Mapping[int, tuple[str, ...]] | Problem:
        """Return which definitions a process calls now, each with its call activities.

        Only those that are known without an instance: called by a name that is no expression.
        """

        def query(session: Session) -> Mapping[int, tuple[str, ...]] | Problem:
            own = definitions.find(session, Key(definition_key))
            if own is None:
                return not_found("process definition", definition_key)
            found: dict[int, tuple[str, ...]] = {}
            for node in self._graphs.get(session, own.key).nodes:
                if isinstance(node.spec, CallSpec):
                    called = _called(session, own, node.spec)
                    if called is not None:
                        before = found.get(called.key, ())
                        found[called.key] = (*before, node.element_id)
            return found

        return self._read(query)

    def open_instance_counts(self) -> Counter[Key]:
        """Return how many instances of each definition have not ended."""
        return self._read(queries_statistics.open_instances)

    def open_incident_counts(self) -> Counter[tuple[Key, str, str]]:
        """Return how many incidents are open, by definition, element and kind."""
        return self._read(queries_statistics.open_incidents)


def _called(session: Session, own: DefinitionRow, spec: CallSpec) -> DefinitionRow | None:
    """Return the definition that a call activity means, if its name is no expression."""
    if spec.called_process.language is not Language.LITERAL:
        return None
    process_id, value = spec.called_process.source, spec.binding_value
    if value is not None and value.language is not Language.LITERAL:
        return None
    match spec.binding:
        case Binding.LATEST:
            return definitions.find_latest(session, process_id)
        case Binding.DEPLOYMENT:
            return definitions.find_in_deployment(session, process_id, own.deployment_key)
        case Binding.VERSION:
            is_number = value is not None and value.source.isdecimal()
            version = int(value.source) if is_number and value is not None else 0
            return definitions.find_version(session, process_id, version)
        case Binding.VERSION_TAG:
            tag = "" if value is None else value.source
            return definitions.find_tagged(session, process_id, tag)
