"""Decisions: evaluated by whoever asks, beside any process."""

from __future__ import annotations

from bpmn_engine.dmn.json_values import JsonResult, evaluate_json
from bpmn_engine.service.outcomes import Problem, not_found
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import decisions
from bpmn_engine.store.database import Session
from bpmn_engine.store.decisions import DecisionRow
from bpmn_engine.values import Variables
from bpmn_engine.views.decisions import DecisionEvaluation, DecisionProblemView, RulesHitView


class DecisionUseCases(UseCases):
    """What is asked of deployed decisions."""

    def evaluate_decision(
        self,
        decision_id: str,
        variables: Variables,
        *,
        version: int | None = None,
        version_tag: str | None = None,
    ) -> DecisionEvaluation | Problem:
        """Evaluate a version of a decision, by default the latest; nothing is stored."""

        def work(session: Session) -> DecisionEvaluation | Problem:
            row = _find(session, decision_id, version, version_tag)
            if row is None:
                return not_found("decision", _named(decision_id, version, version_tag))
            model = self._transactions.environment.decisions.get(session, row)
            result = evaluate_json(model, row.decision_id, variables, self.clock.now())
            return _evaluation(row, result)

        return self._read(work)


def _find(
    session: Session, decision_id: str, version: int | None, version_tag: str | None
) -> DecisionRow | None:
    if version is not None:
        return decisions.find_version(session, decision_id, version)
    if version_tag is not None:
        return decisions.find_tagged(session, decision_id, version_tag)
    return decisions.find_latest(session, decision_id)


def _named(decision_id: str, version: int | None, version_tag: str | None) -> str:
    if version is not None:
        return f"{decision_id} in version {version}"
    return decision_id if version_tag is None else f"{decision_id} with the tag {version_tag}"


def _evaluation(row: DecisionRow, result: JsonResult) -> DecisionEvaluation:
    return DecisionEvaluation(
        decision_key=row.key,
        decision_id=row.decision_id,
        name=row.name,
        version=row.version,
        version_tag=row.version_tag,
        value=result.value,
        decisions=result.decisions,
        hits=tuple(RulesHitView(decision=hit.decision, rules=hit.rules) for hit in result.hits),
        problems=tuple(
            DecisionProblemView(
                kind=one.kind.value,
                message=one.message,
                decision=one.spot.decision,
                element_id=one.spot.element_id,
                file_line=one.spot.file_line,
                rule=one.spot.rule,
                cell=one.spot.cell,
                source=one.source,
                line=one.line,
                column=one.column,
            )
            for one in result.problems
        ),
    )
