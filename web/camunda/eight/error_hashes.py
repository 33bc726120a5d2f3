"""Incidents by the hash of their message, as clients know them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bpmn_engine.service.searches import AnyOf, Comparison, Condition, Criterion
from web.camunda.eight.statistics import hash_code
from web.context import service

ERROR_HASH: Final = "error_hash"
"""The field of a filter by hash; no read model has it."""


def with_messages(criteria: Sequence[Criterion]) -> tuple[Criterion, ...]:
    """Return criteria for instances whose hashes of messages are told as the messages meant."""
    return tuple(
        AnyOf(
            alternatives=tuple(
                tuple(_told(one) for one in alternative) for alternative in each.alternatives
            )
        )
        if isinstance(each, AnyOf)
        else _told(each)
        for each in criteria
    )


def _told(condition: Condition) -> Condition:
    if condition.field != ERROR_HASH:
        return condition
    wanted = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    meant = tuple(each for each in service().error_messages() if hash_code(each) in wanted)
    return Condition(field="message", comparison=Comparison.IN, value=meant)
