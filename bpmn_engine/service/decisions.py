"""Decisions: evaluated by whoever asks, beside any process."""

from __future__ import annotations

from bpmn_engine.dmn.decisions import DecisionModel
from bpmn_engine.dmn.inputs import inputs_of
from bpmn_engine.dmn.json_values import JsonResult, evaluate_json
from bpmn_engine.expressions.answer_size import MAX_ANSWER, is_too_large
from bpmn_engine.service.evaluated_decisions import evaluated_decisions
from bpmn_engine.service.outcomes import Problem, invalid, not_found
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import decisions
from bpmn_engine.store.database import Session
from bpmn_engine.store.decisions import DecisionRow
from bpmn_engine.values import Variables
from bpmn_engine.views.decisions import (
    DecisionEvaluation,
    DecisionInputView,
    DecisionProblemView,
    DecisionSummary,
    DecisionView,
    EvaluatedDecision,
    RulesHitView,
)
from bpmn_engine.views.paging import Page, PageRequest


class DecisionUseCases(UseCases):
    """What is asked of deployed decisions."""

    def decisions(self, *, page: PageRequest) -> Page[DecisionSummary] | Problem:
        """Return a page of the latest versions of all decisions, by decision id."""

        def query(session: Session) -> Page[DecisionSummary]:
            found = decisions.latest_page(session, page)
            return Page(
                items=tuple(map(_summary, found.items)),
                next_cursor=found.next_cursor,
                previous_cursor=found.previous_cursor,
                total=found.total,
            )

        return self._query(query)

    def decision(self, decision_id: str, *, version: int | None = None) -> DecisionView | Problem:
        """Return a version of a decision, by default the latest, and what it has to be given."""

        def query(session: Session) -> DecisionView | Problem:
            row = _find(session, decision_id, version, None)
            if row is None:
                return not_found("decision", _named(decision_id, version, None))
            model = self._transactions.environment.decisions.get(session, row)
            return DecisionView(summary=_summary(row), inputs=_inputs(model, row.decision_id))

        return self._read(query)

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
            now = self.clock.now()
            result = evaluate_json(model, row.decision_id, variables, now)
            of_file = decisions.of_file(session, row.resource_key)
            evaluated = evaluated_decisions(model, result, row, of_file, now)
            problem = _too_large(row, result, evaluated)
            return problem or _evaluation(row, result, evaluated)

        return self._read(work)


def _too_large(
    row: DecisionRow, result: JsonResult, evaluated: tuple[EvaluatedDecision, ...]
) -> Problem | None:
    """Return the problem that an answer has more than anybody can read."""
    messages = [one.message + (one.source or "") for one in result.problems]
    cells = [
        cell.value
        for one in evaluated
        for cells in (one.inputs, *(rule.outputs for rule in one.rules))
        for cell in cells
    ]
    if not is_too_large([result.value, *result.decisions.values(), messages, *cells]):
        return None
    return invalid(
        f"Expected an answer of at most {MAX_ANSWER} characters, but that of the decision "
        f"{row.decision_id} has more, with those of the decisions it requires. Give it less data."
    )


def _summary(row: DecisionRow) -> DecisionSummary:
    return DecisionSummary(
        decision_key=row.key,
        decision_id=row.decision_id,
        name=row.name,
        version=row.version,
        version_tag=row.version_tag,
        resource_name=row.resource_name,
    )


def _inputs(model: DecisionModel, decision_id: str) -> tuple[DecisionInputView, ...]:
    return tuple(
        DecisionInputView(name=one.name, type=one.type, example=one.example)
        for one in inputs_of(model, decision_id)
    )


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


def _evaluation(
    row: DecisionRow, result: JsonResult, evaluated: tuple[EvaluatedDecision, ...]
) -> DecisionEvaluation:
    return DecisionEvaluation(
        decision_key=row.key,
        decision_id=row.decision_id,
        name=row.name,
        version=row.version,
        version_tag=row.version_tag,
        value=result.value,
        decisions=result.decisions,
        evaluated=evaluated,
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
