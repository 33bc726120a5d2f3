"""What is being terminated in slices, as the state remembers it: which facts it comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from immutables import Map, MapMutation

from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.facts import EndingBegun, Fact, TerminationBegun
from bpmn_engine.kernel.state import ROOT, ElementInstance, Ending, Scope
from bpmn_engine.values import JsonValue

_NONE: Final[Map[ElementKey, None]] = Map()


class Records(Protocol):
    """The part of an open state that is written here."""

    visits: MapMutation[ElementKey, ElementInstance]
    scopes: MapMutation[ElementKey, Scope]
    members: MapMutation[ElementKey, Map[ElementKey, None]]
    variables: MapMutation[ElementKey, Map[str, JsonValue]]
    terminating: Map[ElementKey, Map[ElementKey, None]]
    ending: Ending | None


def is_looked_up_to(memory: Records, key: ElementKey) -> bool:
    """Return whether a scope that closes is kept: for what is being terminated in scopes inside.

    One that is being terminated itself has nothing in it any more.
    """
    if not memory.terminating:
        return False
    while key != ROOT and key in memory.visits:
        scope = memory.visits[key].scope
        if key in memory.terminating.get(scope, _NONE):
            return False
        key = scope
    return True


def forget(memory: Records, scope: ElementKey, visit: ElementKey) -> None:
    """Take a visit that is gone from those that are being terminated.

    After the last one the scopes go that were kept for them.
    """
    found = memory.terminating
    rest = found[scope].delete(visit)
    memory.terminating = found.set(scope, rest) if rest else found.delete(scope)
    if memory.terminating:
        return
    scopes = memory.scopes.finish()  # one that is written cannot be gone through
    memory.scopes = scopes.mutate()
    for key in scopes:
        if key != ROOT and key not in memory.visits:
            drop_scope(memory, key)


def drop_scope(memory: Records, key: ElementKey) -> None:
    """Forget a closed scope and its variables."""
    del memory.scopes[key]
    if key in memory.variables:
        del memory.variables[key]


def _termination_begun(memory: Records, fact: TerminationBegun) -> None:
    """Take visits from the members of their scope; all of them together where it is all."""
    members = memory.members[fact.scope]
    begun = memory.terminating.get(fact.scope, _NONE)
    if fact.visit is None:
        begun, members = members.update(begun), _NONE
    else:
        begun, members = begun.set(fact.visit, None), members.delete(fact.visit)
    memory.terminating = memory.terminating.set(fact.scope, begun)
    if members:
        memory.members[fact.scope] = members
    else:
        del memory.members[fact.scope]


def _ending_begun(memory: Records, fact: EndingBegun) -> None:
    memory.ending = fact.ending


TERMINATION_APPLIERS: Final[Mapping[type[Fact], Callable[..., None]]] = {
    TerminationBegun: _termination_begun,
    EndingBegun: _ending_begun,
}
