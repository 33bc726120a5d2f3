"""Ids as Camunda 7's clients see them: of definitions, executions and activity instances."""

from __future__ import annotations

from web.camunda.seven.failures import missing
from web.keys import read_key


def visit_id(element_id: str, instance_key: int, visit: int) -> str:
    """Return the id of an activity instance: `approve:12345:7`."""
    return f"{element_id}:{instance_key}:{visit}"


def read_visit_id(text: str) -> tuple[int, int] | None:
    """Return the instance and the visit of the id of an activity instance, or None."""
    rest, _, visit = text.rpartition(":")
    instance = rest.rpartition(":")[2]
    keys = read_key(instance), read_key(visit)
    return None if keys[0] is None or keys[1] is None else (keys[0], keys[1])


def key_or_missing(text: str, what: str) -> int:
    """Return the key of an id in an address.

    Raises:
        SevenError: nothing has such an id (404).
    """
    key = read_key(text)
    if key is None:
        raise missing(f"No matching {what} with id {text}")
    return key


def text_of(key: int | None) -> str | None:
    """Return a key as text; None stays None."""
    return None if key is None else str(key)
