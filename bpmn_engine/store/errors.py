"""What can go wrong in the store.

::

    StoreError
    ├── TransientDatabaseError      run the unit of work again
    │   ├── KeyTakenError           another process has made the same key
    │   ├── StaleInstanceError      somebody else saved the instance first
    │   └── StartKeyTakenError      somebody else has just met the same request
    ├── CodecError                  a stored text cannot be read
    ├── InvalidCursorError          a page cursor was not made by this engine
    └── PartitionRightsError        the database user may not change tables
"""

from __future__ import annotations

from collections.abc import Sequence

from bpmn_engine.ids import Key


class StoreError(Exception):
    """Expected the store to do its work, but it could not."""


class TransientDatabaseError(StoreError):
    """Expected a commit, but the database gave up: deadlock, conflict, lock, lost connection.

    Nothing was written. Run the whole unit of work again.
    """


class KeyTakenError(TransientDatabaseError):
    """Expected a new key, but there is a row of it: run again, with a generator that moved away.

    That happens when two processes have the same worker number, or a clock stepped back while
    its process was started anew.
    """


class StaleInstanceError(TransientDatabaseError):
    """Expected the version that was loaded, but somebody else saved the instance first."""

    def __init__(self, keys: Sequence[Key]) -> None:
        super().__init__(f"Expected the loaded versions of instances {list(keys)}, but not all.")
        self.keys = tuple(keys)


class StartKeyTakenError(TransientDatabaseError):
    """Expected a new idempotency key, but somebody has just started an instance for it."""


class CodecError(StoreError):
    """Expected a stored text this release can read, but found another."""


class InvalidCursorError(StoreError):
    """Expected a cursor taken from an earlier page, but got something else."""


class PartitionRightsError(StoreError):
    """Expected the right to make and drop partitions, but the database user has it not."""
