"""Decisions as Camunda 7 knows them: rows of outputs, and the graphs that they stand in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bpmn_engine.dmn.json_values import evaluate_json
from bpmn_engine.dmn.problems import ProblemKind as DecisionProblem
from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.ids import Key
from bpmn_engine.model.called_decision import ResultMapping
from bpmn_engine.service.decision_results import mapped
from bpmn_engine.service.outcomes import Problem, ProblemKind, not_found
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import decisions
from bpmn_engine.store.database import Session
from bpmn_engine.store.lists_definitions import DECISIONS
from bpmn_engine.values import JsonValue, Variables
from bpmn_engine.views.listing import Listing
from bpmn_engine.views.runtime_records import DecisionRecord

_TELLS_NO_VALUE = frozenset({DecisionProblem.WARNING, DecisionProblem.NO_RULE})


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionGraph:
    """A file with more than one decision."""

    resource_key: int
    graph_id: str  #: id of the file's definitions
    name: str
    version: int  #: the highest of its decisions
    resource_name: str
    deployment_key: int


class DecisionListing(UseCases):
    """What is asked about deployed decisions by their keys."""

    def decision_rows(
        self, decision_key: int, variables: Variables
    ) -> Sequence[Mapping[str, JsonValue]] | Problem:
        """Evaluate a decision; returns the outputs of each rule that holds, by name.

        A result that is no decision table's is one row, with the decision's variable.
        """

        def query(session: Session) -> Sequence[Mapping[str, JsonValue]] | Problem:
            row = decisions.find(session, Key(decision_key))
            if row is None:
                return not_found("decision", decision_key)
            model = self._transactions.environment.decisions.get(session, row)
            result = evaluate_json(model, row.decision_id, variables, self.clock.now())
            wrong = [one for one in result.problems if one.kind not in _TELLS_NO_VALUE]
            if wrong:
                return Problem(kind=ProblemKind.INVALID, message=wrong[0].message)
            rows = mapped(result.value, ResultMapping.RESULT_LIST, model, row.decision_id)
            if isinstance(rows, EvaluationFailure):
                return Problem(kind=ProblemKind.INVALID, message=rows.message)
            return rows if isinstance(rows, list) else []

        return self._read(query)

    def decision_graphs(self, found: Sequence[DecisionRecord]) -> Mapping[int, DecisionGraph]:
        """Return the graphs that decisions stand in, by the key of their file."""

        def query(session: Session) -> Mapping[int, DecisionGraph]:
            graphs: dict[int, DecisionGraph] = {}
            for key in sorted({each.resource_key for each in found}):
                graph = self._graph(session, key)
                if graph is not None:
                    graphs[key] = graph
            return graphs

        return self._read(query)

    def all_decision_graphs(self) -> tuple[DecisionGraph, ...]:
        """Return every file with more than one decision, in the order of deployment."""
        found = self.decision_graphs(
            self._read(lambda session: DECISIONS.rows(session, Listing()))
        )
        return tuple(found.values())

    def _graph(self, session: Session, resource_key: int) -> DecisionGraph | None:
        rows = decisions.of_file(session, Key(resource_key))
        if len(rows) < 2:  # noqa: PLR2004 -- a decision alone is no graph
            return None
        model = self._transactions.environment.decisions.get(session, rows[0])
        return DecisionGraph(
            resource_key=resource_key,
            graph_id=model.definitions.id,
            name=model.definitions.name,
            version=max(row.version for row in rows),
            resource_name=rows[0].resource_name,
            deployment_key=rows[0].deployment_key,
        )
