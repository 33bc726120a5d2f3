"""How Camunda 7 names things, from and to our keys.

A process definition is `invoice:2:81`, its key last; a process instance its key. An execution is
the instance, or an open visit in it: `4711:3`. An activity instance is that visit, with its
element: `approve:4711:3`.
"""

from __future__ import annotations

from http import HTTPStatus

from web.errors import ProblemError
from web.keys import read_key


def definition_key_of(definition_id: str) -> int | None:
    """Return the key in the id of a process or decision definition; None if there is none."""
    return read_key(definition_id.rpartition(":")[2])


def execution_id(instance_key: int, visit: int | None) -> str:
    """Return the id of an execution; without a visit, or with 0, that of the instance."""
    return f"{instance_key}:{visit}" if visit else str(instance_key)


def read_execution(text: str) -> tuple[int, int] | None:
    """Return the instance and the visit that an execution's id names; the visit 0 is its own."""
    instance, _, visit = text.partition(":")
    key, number = read_key(instance), read_key(visit or "0")
    return None if key is None or number is None else (key, number)


def activity_instance_id(element_id: str, instance_key: int, visit: int) -> str:
    """Return the id of an activity instance: no two in all process instances are the same."""
    return f"{element_id}:{instance_key}:{visit}"


def visit_of(activity_instance: str) -> int | None:
    """Return the visit that the id of an activity instance names; None if it names none."""
    return read_key(activity_instance.rpartition(":")[2])


def key_or_none(text: str) -> int | None:
    """Return the key that a text is; None if it is none."""
    return read_key(text)


def missing(message: str) -> ProblemError:
    """Return the error that there is no such thing (404), in Camunda's words."""
    return ProblemError(HTTPStatus.NOT_FOUND, message)


def refuse(message: str) -> ProblemError:
    """Return the error that a request cannot be done (400)."""
    return ProblemError(HTTPStatus.BAD_REQUEST, message)
