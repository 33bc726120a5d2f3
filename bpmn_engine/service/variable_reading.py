"""Looking for instances by their variables, and listing variables of many instances.

Variables are kept inside an instance and have no index, so that this looks through the instances
that meet all other conditions; of those there may not be too many.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, TypeVar

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.state import ROOT, InstanceState
from bpmn_engine.service.outcomes import Problem, invalid
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import instances
from bpmn_engine.store.database import Session
from bpmn_engine.store.listing import Listed
from bpmn_engine.store.lists_instances import EXECUTIONS, INSTANCES
from bpmn_engine.store.states import read_state
from bpmn_engine.values import JsonValue, Variables
from bpmn_engine.views.listing import Listing
from bpmn_engine.views.runtime_records import ExecutionRecord, InstanceRecord

MOST_SEARCHED: Final = 10_000
"""Instances that one query may look through."""
_PART: Final = 200
_NOTHING: Final[Mapping[str, JsonValue]] = {}

Item = TypeVar("Item")


class Operator(Enum):
    """How a variable is compared."""

    EQUAL = "eq"
    UNEQUAL = "neq"  #: it is there, and has another value
    GREATER = "gt"
    AT_LEAST = "gteq"
    LESS = "lt"
    AT_MOST = "lteq"
    LIKE = "like"  #: a pattern with `%` and `_`
    UNLIKE = "notLike"


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableTest:
    """What a variable has to meet."""

    name: str
    operator: Operator
    value: JsonValue
    ignores_case_of_name: bool = False
    ignores_case_of_value: bool = False

    def is_met(self, variables: Variables) -> bool:
        """Tell whether one of some variables meets it."""
        name = self.name.casefold()
        return any(
            self._holds(value)
            for key, value in variables.items()
            if key == self.name or (self.ignores_case_of_name and key.casefold() == name)
        )

    def _holds(self, value: JsonValue) -> bool:
        wanted = self.value
        if self.ignores_case_of_value and isinstance(value, str) and isinstance(wanted, str):
            value, wanted = value.casefold(), wanted.casefold()
        match self.operator:
            case Operator.EQUAL | Operator.UNEQUAL:
                return _is_same(value, wanted) is (self.operator is Operator.EQUAL)
            case Operator.LIKE | Operator.UNLIKE:
                if not isinstance(value, str):
                    return False
                is_like = _pattern(str(wanted)).fullmatch(value) is not None
                return is_like is (self.operator is Operator.LIKE)
            case _:
                return _order(value, wanted) in _ORDERS[self.operator]


_ORDERS: Final = {
    Operator.GREATER: (1,),
    Operator.AT_LEAST: (0, 1),
    Operator.LESS: (-1,),
    Operator.AT_MOST: (0, -1),
}
"""What comparing a variable with the value of a test may give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopedVariable:
    """A variable of an open scope of an instance."""

    instance: InstanceRecord
    visit: int  #: whose scope it is; 0 = the instance
    element_id: str | None  #: of the visit
    name: str
    value: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionTests:
    """What the variables of an execution, and of its instance, have to meet."""

    own: tuple[VariableTest, ...] = ()
    of_instance: tuple[VariableTest, ...] = ()

    def are_met(self, execution: ExecutionRecord, state: InstanceState) -> bool:
        """Tell whether an execution of an instance meets them."""
        own = state.variables.get(ElementKey(execution.visit), _NOTHING)
        of_instance = state.variables.get(ROOT, _NOTHING)
        return all(test.is_met(own) for test in self.own) and all(
            test.is_met(of_instance) for test in self.of_instance
        )


class VariableReading(UseCases):
    """What is asked about variables of more than one instance."""

    def instances_with(
        self, listing: Listing, tests: Sequence[VariableTest]
    ) -> tuple[InstanceRecord, ...] | Problem:
        """Return open instances that match and whose own variables meet all tests."""

        def is_met(_: InstanceRecord, state: InstanceState) -> bool:
            own = state.variables.get(ROOT, _NOTHING)
            return all(test.is_met(own) for test in tests)

        return self._searched(INSTANCES, listing, lambda row: Key(row.key), is_met)

    def executions_with(
        self, listing: Listing, tests: ExecutionTests
    ) -> tuple[ExecutionRecord, ...] | Problem:
        """Return executions that match and whose variables meet all tests."""
        return self._searched(
            EXECUTIONS, listing, lambda row: Key(row.instance_key), tests.are_met
        )

    def scoped_variables(self, listing: Listing) -> tuple[ScopedVariable, ...] | Problem:
        """Return the variables of all open scopes of the open instances that match."""

        def query(session: Session) -> tuple[ScopedVariable, ...] | Problem:
            rows = _bounded(session, INSTANCES, listing)
            if isinstance(rows, Problem):
                return rows
            by_key = {Key(row.key): row for row in rows}
            return tuple(
                variable
                for key, state in self._states(session, by_key)
                for variable in self._scoped(session, by_key[key], state)
            )

        return self._read(query)

    def _searched(
        self,
        what: Listed[Item],
        listing: Listing,
        key_of: Callable[[Item], Key],
        is_met: Callable[[Item, InstanceState], bool],
    ) -> tuple[Item, ...] | Problem:
        def query(session: Session) -> tuple[Item, ...] | Problem:
            rows = _bounded(session, what, listing)
            if isinstance(rows, Problem):
                return rows
            states = dict(self._states(session, (key_of(row) for row in rows)))
            found = [
                row for row in rows if key_of(row) in states and is_met(row, states[key_of(row)])
            ]
            end = None if listing.limit is None else listing.offset + listing.limit
            return tuple(found[listing.offset : end])

        return self._read(query)

    def _states(
        self, session: Session, keys: Iterable[Key]
    ) -> Iterator[tuple[Key, InstanceState]]:
        wanted = list(dict.fromkeys(keys))
        for first in range(0, len(wanted), _PART):
            for row in instances.load(session, wanted[first : first + _PART]):
                graph = self._graphs.get(session, row.definition_key)
                yield row.key, read_state(session, graph, row)

    def _scoped(
        self, session: Session, row: InstanceRecord, state: InstanceState
    ) -> Iterator[ScopedVariable]:
        graph = self._graphs.get(session, Key(row.definition_key))
        for scope, own in sorted(state.variables.items()):
            visit = state.visits.get(scope)
            element_id = None if visit is None else graph.nodes[visit.node].element_id
            for name, value in sorted(own.items()):
                yield ScopedVariable(
                    instance=row, visit=scope, element_id=element_id, name=name, value=value
                )


def _bounded(session: Session, what: Listed[Item], listing: Listing) -> tuple[Item, ...] | Problem:
    rows = what.rows(session, replace(listing, offset=0, limit=MOST_SEARCHED + 1))
    if len(rows) <= MOST_SEARCHED:
        return rows
    return invalid(
        f"Expected at most {MOST_SEARCHED} process instances to look through for a variable, but "
        "more match the other conditions. Add one, such as a process, a business key or ids."
    )


def _is_same(value: JsonValue, wanted: JsonValue) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    return value == wanted


def _order(value: JsonValue, wanted: JsonValue) -> int | None:
    """Return -1, 0 or 1 as a value is less than, equal to or greater than another; else None."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return None
    if isinstance(value, int | float) and isinstance(wanted, int | float):
        return (value > wanted) - (value < wanted)
    if isinstance(value, str) and isinstance(wanted, str):
        return (value > wanted) - (value < wanted)
    return None


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"(\\.|[%_])", text)
    written = (
        ".*" if part == "%" else "." if part == "_" else re.escape(part.removeprefix("\\"))
        for part in parts
    )
    return re.compile("".join(written), re.DOTALL)
