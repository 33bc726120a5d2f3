"""Cluster variables: kept for every process to read (Camunda 8.9)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from bpmn_engine.service.memory_search import Value, member, search_among
from bpmn_engine.service.outcomes import Problem, conflict, invalid, not_found
from bpmn_engine.service.transactions import AbandonedError
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import cluster_variables
from bpmn_engine.store.columns import LONGEST_INDEXED_TEXT
from bpmn_engine.values import JsonValue
from bpmn_engine.views.cluster_variables import ClusterScope, ClusterVariable
from bpmn_engine.views.searching import Found, Search

MOST: Final = 1000
"""Cluster variables that there may be: each step of a process that reads one reads them all."""

LONGEST: Final = 8192
"""Characters a value may have as JSON, as in Camunda, and so may what is noted beside it."""

_NAME: Final = re.compile(r"[a-zA-Z0-9_~@.+-]+")


class ClusterVariableUseCases(UseCases):
    """Values that processes read as `camunda.vars.env.NAME`."""

    def search_cluster_variables(self, search: Search) -> Found[ClusterVariable]:
        """Return cluster variables by name; there are few."""
        found = self._read(cluster_variables.every)
        return search_among(found, search, key="place", read=_member)

    def cluster_variable(self, scope: ClusterScope, name: str) -> ClusterVariable | Problem:
        """Return one cluster variable."""
        found = self._read(lambda session: cluster_variables.find(session, scope, name))
        return found or not_found("cluster variable", name)

    def create_cluster_variable(
        self,
        scope: ClusterScope,
        name: str,
        content: JsonValue,
        *,
        metadata: Mapping[str, JsonValue],
        actor: str | None,
    ) -> ClusterVariable | Problem:
        """Keep a new one; one of its name in its scope is a CONFLICT."""
        problem = _unusable_name(name) or _too_long(content, metadata)
        if problem is not None:
            return problem

        def work(unit: UnitOfWork) -> ClusterVariable:
            if cluster_variables.count(unit.session) >= MOST:
                raise AbandonedError(
                    conflict(f"Expected at most {MOST:,} cluster variables. Delete some before.")
                )
            new = ClusterVariable(
                scope=scope,
                name=name,
                content=content,
                metadata=metadata,
                changed_at=unit.now,
                changed_by=actor,
            )
            if not cluster_variables.insert(unit.session, new):
                raise AbandonedError(
                    conflict(f"Expected no cluster variable {name!r}, but there is one.")
                )
            return new

        return self._commit(work)

    def change_cluster_variable(
        self,
        scope: ClusterScope,
        name: str,
        content: JsonValue,
        *,
        metadata: Mapping[str, JsonValue] | None,
        actor: str | None,
    ) -> ClusterVariable | Problem:
        """Give one another value; without `metadata` what is noted beside it stays."""
        problem = _too_long(content, metadata or {})
        if problem is not None:
            return problem

        def work(unit: UnitOfWork) -> ClusterVariable:
            old = cluster_variables.find(unit.session, scope, name)
            if old is None:
                raise AbandonedError(not_found("cluster variable", name))
            changed = ClusterVariable(
                scope=scope,
                name=name,
                content=content,
                metadata=old.metadata if metadata is None else metadata,
                changed_at=unit.now,
                changed_by=actor,
            )
            if not cluster_variables.change(unit.session, changed):
                raise AbandonedError(not_found("cluster variable", name))
            return changed

        return self._commit(work)

    def delete_cluster_variable(self, scope: ClusterScope, name: str) -> Problem | None:
        """Forget one; an expression that reads it then is an incident."""

        def work(unit: UnitOfWork) -> None:
            if not cluster_variables.remove(unit.session, scope, name):
                raise AbandonedError(not_found("cluster variable", name))

        return self._commit(work)


def _member(one: ClusterVariable, name: str) -> Value:
    return member(one, name)


def _unusable_name(name: str) -> Problem | None:
    if len(name) <= LONGEST_INDEXED_TEXT and _NAME.fullmatch(name):
        return None
    return invalid(
        f"Expected a name of 1 to {LONGEST_INDEXED_TEXT} letters, digits and characters of "
        f"_~@.+- for a cluster variable, but got {name[:300]!r}.",
        field_name="name",
    )


def _too_long(content: JsonValue, metadata: Mapping[str, JsonValue]) -> Problem | None:
    for what, value in (("value", content), ("metadata", dict(metadata))):
        length = len(json.dumps(value, ensure_ascii=False))
        if length > LONGEST:
            return invalid(
                f"Expected at most {LONGEST:,} characters of JSON, but got {length:,}. "
                "Keep large values in a document or a data store.",
                field_name=what,
            )
    return None
