"""Read models of what was deleted of what had been deployed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedDefinition:
    """One process definition that was deleted."""

    definition_key: int
    process_id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionView:
    """The record of one deletion."""

    key: int
    deployment_key: int | None  #: of a deployment that went as a whole
    name: str | None  #: of the deployment, or of a file
    definitions: tuple[DeletedDefinition, ...]
    is_cascading: bool  #: whether instances went too, with their history
    instance_count: int  #: instances that were deleted
    begun_at: dt.datetime
    ended_at: dt.datetime | None  #: None: it was not done to its end
    deleted_by: str | None
    reason: str | None
