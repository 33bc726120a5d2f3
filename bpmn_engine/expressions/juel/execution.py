"""What `execution` answers in JUEL: variables, and the instance's id and business key.

The id and the business key come from the variable `execution`, a map that whoever evaluates may
offer: `{"processInstanceId": …, "processBusinessKey": …}`.
"""

from __future__ import annotations

from collections.abc import Mapping

from bpmn_engine.expressions.feel.values import Value, lift
from bpmn_engine.expressions.juel.reading import Code, Reading

EXECUTION = "execution"

_ENTRIES: Mapping[str, str] = {
    "getProcessInstanceId": "processInstanceId",
    "processInstanceId": "processInstanceId",
    "getProcessBusinessKey": "processBusinessKey",
    "processBusinessKey": "processBusinessKey",
    "getBusinessKey": "processBusinessKey",
    "businessKey": "processBusinessKey",
}
PROPERTIES = frozenset(name for name in _ENTRIES if not name.startswith("get"))
"""What may stand after `execution.` without brackets."""

METHOD_COUNTS: Mapping[str, int] = {
    "getVariable": 1,
    "hasVariable": 1,
    **{name: 0 for name in _ENTRIES if name.startswith("get")},
}
"""Method of `execution` to how many arguments it has."""


def read_entry(reading: Reading, name: str, offset: int) -> Value:
    """Return the instance's id or business key."""
    entries = reading.variables.get(EXECUTION)
    if not isinstance(entries, Mapping) or _ENTRIES[name] not in entries:
        raise reading.undefined(f"{EXECUTION}.{_ENTRIES[name]}", offset)
    return lift(entries[_ENTRIES[name]])


def ask_variable(reading: Reading, method: str, name: Code) -> Value:
    """Return a variable, null when there is none; or whether there is one."""
    wanted = name.run(reading)
    if not isinstance(wanted, str):
        raise name.misfit(wanted, f"variable name in {method}()")
    if method == "hasVariable":
        return wanted in reading.variables
    return lift(reading.variables.get(wanted))
