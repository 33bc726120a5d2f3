"""The DMN files of one deployment, checked together: each may import the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from bpmn_engine.dmn.checks.findings import check_model
from bpmn_engine.dmn.decisions import compile_decisions
from bpmn_engine.dmn.model import Definitions
from bpmn_engine.dmn.reading.reader import Refusal, read_definitions
from bpmn_engine.model.definitions import Violation
from bpmn_engine.service.outcomes import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedDecision:
    """One decision of a file, ready to be stored."""

    resource: Resource
    decision_id: str
    name: str | None
    version_tag: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedDecisions:
    """What the files hold, and what was found in them."""

    decisions: tuple[CheckedDecision, ...]
    violations: tuple[Violation, ...]


class DecisionFiles:
    """Gathers the DMN files of one deployment."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._files: list[tuple[Resource, Definitions]] = []

    def add(self, resource: Resource) -> tuple[Violation, ...]:
        """Read a file; returns why it cannot be read."""
        read = read_definitions(resource.content, max_bytes=self._max_bytes)
        if isinstance(read, Refusal):
            return tuple(_named(resource, one) for one in read.violations)
        self._files.append((resource, read))
        return ()

    def checked(self) -> CheckedDecisions:
        """Return the decisions of all files, and what was found in them."""
        decisions = tuple(
            CheckedDecision(
                resource=resource,
                decision_id=one.id,
                name=one.name,
                version_tag=one.version_tag,
            )
            for resource, definitions in self._files
            for one in definitions.decisions
        )
        return CheckedDecisions(decisions=decisions, violations=tuple(self._found(decisions)))

    def _found(self, decisions: tuple[CheckedDecision, ...]) -> Iterator[Violation]:
        seen: set[str] = set()
        for one in decisions:
            if one.decision_id in seen:
                message = f"Expected one decision {one.decision_id!r}, but there are several."
                yield _named(one.resource, Violation(rule="duplicate-decision", message=message))
            seen.add(one.decision_id)
        told: set[Violation] = set()
        for resource, definitions in self._files:
            others = [other for _, other in self._files if other is not definitions]
            for violation in check_model(compile_decisions(definitions, others)):
                if violation not in told:  # an imported file is compiled with each that imports it
                    told.add(violation)
                    yield _named(resource, violation)


def _named(resource: Resource, violation: Violation) -> Violation:
    return dataclasses.replace(violation, message=f"{resource.name}: {violation.message}")
