"""What a person says about a migration: which element becomes which, and what changes on the way.

A plan is written for two process definitions and applied to any number of instances. It names
elements and flows by their ids, so that it can be read, edited and kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bpmn_engine.values import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementMapping:
    """Who is at one element of the source is at one of the target afterwards.

    What waits there keeps its key, its lock, its assignee, its due date and its name, unless it is
    updated: then the job, user task, timer or subscription says what the target's element says.
    """

    source: str  #: element id in the source
    target: str  #: element id in the target
    is_updated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowMapping:
    """A token that waits on one flow waits on another afterwards."""

    source: str  #: flow id in the source
    target: str  #: flow id in the target


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeChange:
    """What changes in the variables of one scope: values, then expressions, then removals.

    The expressions are FEEL (`= a + 1`) or JUEL (`${a + 1}`), read what the scope sees, and each
    sees those before it.
    """

    element_id: str | None = None  #: in the target, each open visit of it; None = the instance
    values: Variables = field(default_factory=dict)
    expressions: Mapping[str, str] = field(default_factory=dict)
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationPlan:
    """How instances of one process definition become instances of another.

    Flows that are not named are mapped by their id, or as the only flow between two elements that
    are mapped.
    """

    mappings: tuple[ElementMapping, ...] = ()
    flows: tuple[FlowMapping, ...] = ()
    variables: tuple[ScopeChange, ...] = ()
