"""Cluster variables: values that every process may read (Camunda 8.9)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from bpmn_engine.values import JsonValue


class ClusterScope(Enum):
    """Who a cluster variable is for; there is one tenant, whose variables come first."""

    GLOBAL = "GLOBAL"
    TENANT = "TENANT"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterVariable:
    """One value with a name."""

    scope: ClusterScope
    name: str
    content: JsonValue
    metadata: Mapping[str, JsonValue] = field(default_factory=dict)
    changed_at: dt.datetime
    changed_by: str | None

    @property
    def value(self) -> str:
        """The value as JSON."""
        return json.dumps(self.content, ensure_ascii=False)

    @property
    def scope_name(self) -> str:
        """The scope as a text."""
        return self.scope.value

    @property
    def tenant_id(self) -> str | None:
        """The tenant it is of, by Camunda's name for the only one."""
        return "<default>" if self.scope is ClusterScope.TENANT else None

    @property
    def place(self) -> str:
        """What is unique: scope and name."""
        return f"{self.name} {self.scope.value}"
