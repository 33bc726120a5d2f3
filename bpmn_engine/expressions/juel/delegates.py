"""`execution` and `task`: what Camunda 7 lets an expression ask of its instance and user task.

What the diagram says (where an expression stands, which event calls it) is known when it is
compiled; the rest comes from variables of these names, maps that whoever evaluates may offer.
`task` is known to the task listeners of user tasks only; elsewhere it is a variable like others.

Source: the interfaces DelegateExecution and DelegateTask of Camunda 7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bpmn_engine.expressions.feel.values import Value, lift
from bpmn_engine.expressions.juel.reading import Code, Reading

EXECUTION: Final = "execution"
TASK: Final = "task"

_EXECUTION_ENTRIES: Final = (
    "processInstanceId",
    "processBusinessKey",
    "currentActivityId",
    "currentActivityName",
    "eventName",
)
TASK_ATTRIBUTES: Final = ("id", "assignee", "priority", "dueDate", "followUpDate")
"""What a user task that is offered has, in the names of Camunda 7."""

_TASK_ENTRIES: Final = (
    "name",
    "taskDefinitionKey",
    "eventName",
    "processInstanceId",
    *TASK_ATTRIBUTES,
)


def _ways(entries: tuple[str, ...]) -> dict[str, str]:
    """Return how entries are asked for: as a property or by a method."""
    methods = {f"get{entry[0].upper()}{entry[1:]}": entry for entry in entries}
    return {**{entry: entry for entry in entries}, **methods}


_ENTRIES: Final[Mapping[str, Mapping[str, str]]] = {
    EXECUTION: {
        **_ways(_EXECUTION_ENTRIES),
        "getBusinessKey": "processBusinessKey",
        "businessKey": "processBusinessKey",
    },
    TASK: _ways(_TASK_ENTRIES),
}
CHANGING: Final = ("set", "add", "delete", "remove")
"""What the names of methods begin with that change something."""

HOW_TO_CHANGE: Final = (
    " What changes something has to be all of the expression of a listener or task; which "
    "methods of `task` each event has is in docs/expressions.md."
)

VARIABLE_METHODS: Final = frozenset({"getVariable", "hasVariable"})
"""What both answer about variables, by name."""

_ALWAYS_OFFERED: Final = frozenset({"execution.processInstanceId", "execution.processBusinessKey"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is known about the place of an expression in its diagram."""

    written: tuple[tuple[str, str | None], ...] = ()
    """What the diagram says: `("execution.currentActivityId", "approve")`."""
    offered: frozenset[str] = field(default=_ALWAYS_OFFERED)
    """What whoever evaluates tells: `"task.assignee"`."""
    has_task: bool = False  #: whether it stands in a task listener

    def knows(self, entry: str) -> bool:
        """Tell whether an entry can be asked for here."""
        return entry in self.offered or any(name == entry for name, _ in self.written)


ANYWHERE: Final = Surroundings(
    offered=frozenset(f"{name}.{entry}" for name in _ENTRIES for entry in _ENTRIES[name].values())
)
"""Of an expression beside any diagram: it may ask for all that the variables hold."""


def entry_of(delegate: str, name: str, *, is_call: bool) -> str | None:
    """Return the entry that a property or a method without arguments asks for."""
    return _ENTRIES[delegate].get(name) if name.startswith("get") is is_call else None


def ways_to_ask(delegate: str, surroundings: Surroundings) -> str:
    """List the methods and properties of a delegate that are known at a place."""
    known = [
        f"{name}()" if name.startswith("get") else name
        for name, entry in _ENTRIES[delegate].items()
        if surroundings.knows(f"{delegate}.{entry}")
    ]
    return ", ".join(sorted([*known, *(f"{name}()" for name in VARIABLE_METHODS)]))


def read_entry(reading: Reading, delegate: str, entry: str, offset: int) -> Value:
    """Return what the variable of the delegate's name holds.

    Raises:
        FailingError: nobody has offered it.
    """
    entries = reading.variables.get(delegate)
    if not isinstance(entries, Mapping) or entry not in entries:
        raise reading.undefined(f"{delegate}.{entry}", offset)
    return lift(entries[entry])


def ask_variable(reading: Reading, method: str, name: Code) -> Value:
    """Return a variable, null when there is none; or whether there is one."""
    wanted = name.run(reading)
    if not isinstance(wanted, str):
        raise name.misfit(wanted, f"variable name in {method}()")
    if method == "hasVariable":
        return wanted in reading.variables
    return lift(reading.variables.get(wanted))


def whole(reading: Reading, delegate: str, surroundings: Surroundings) -> Value:
    """Return all that is known of a delegate, as a map: what a function is given."""
    entries = reading.variables.get(delegate)
    offered = entries if isinstance(entries, Mapping) else {}
    begin = f"{delegate}."
    written = {
        name.removeprefix(begin): value
        for name, value in surroundings.written
        if name.startswith(begin)
    }
    return {**offered, **written}
