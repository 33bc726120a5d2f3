"""Operations on many process instances: what they do and where they are."""

from __future__ import annotations

from enum import Enum


class BatchType(Enum):
    """What is done to each instance, in the words of Camunda 8."""

    CANCEL = "CANCEL_PROCESS_INSTANCE"
    RESOLVE_INCIDENTS = "RESOLVE_INCIDENT"
    MIGRATE = "MIGRATE_PROCESS_INSTANCE"
    MODIFY = "MODIFY_PROCESS_INSTANCE"
    DELETE = "DELETE_PROCESS_INSTANCE"
    SUSPEND = "SUSPEND_PROCESS_INSTANCE"
    RESUME = "RESUME_PROCESS_INSTANCE"
    UPDATE_JOBS = "UPDATE_JOB"  #: open jobs of each instance


class BatchState(Enum):
    """Where an operation is."""

    ACTIVE = "active"  #: instances are left -> suspended, canceled, ended
    SUSPENDED = "suspended"  #: held -> active, canceled
    CANCELED = "canceled"  #: what was left is not done
    ENDED = "ended"  #: every instance was tried


class ItemState(Enum):
    """What became of one instance."""

    ACTIVE = "ACTIVE"  #: -> completed, failed, canceled
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"  #: it is as it was
    CANCELED = "CANCELED"  #: the operation was cancelled before
