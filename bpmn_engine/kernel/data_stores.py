"""Data stores (BPMN 2.0.2, section 10.4.1): read before an activity, written when it completes.

A store outlives the instance and is somebody else's: reading and writing it is a job, which the
engine's own worker does for the stores that it knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.effects import CreateJob
from bpmn_engine.kernel.facts import WaitOpened
from bpmn_engine.kernel.state import Wait, WaitKind
from bpmn_engine.model.data_elements import DataStore
from bpmn_engine.values import JsonValue

DATA_STORE: Final = "bpmn-engine:data-store:1"
"""The job type. The header `operation` says `read` or `write`, `stores` or `changes` of what."""

OPERATION: Final = "operation"
STORES: Final = "stores"
CHANGES: Final = "changes"


def open_read(draft: Draft, key: ElementKey, stores: Iterable[DataStore]) -> None:
    """Have stores read; the answer gives the content of each under its variable's name."""
    wanted = [
        {"name": store.name, "variable": store.variable, "is_collection": _is_collection(store)}
        for store in stores
    ]
    _open_job(draft, key, {OPERATION: "read", STORES: json.dumps(wanted, ensure_ascii=False)})


def open_write(
    draft: Draft, key: ElementKey, writes: Iterable[tuple[DataStore, tuple[str, ...], JsonValue]]
) -> None:
    """Have stores changed, all or none."""
    changes = [
        {
            "name": store.name,
            "capacity": store.capacity,
            "is_collection": _is_collection(store),
            "path": list(path),
            "value": value,
        }
        for store, path, value in writes
    ]
    text = json.dumps(changes, ensure_ascii=False)
    _open_job(draft, key, {OPERATION: "write", CHANGES: text})


def _is_collection(store: DataStore) -> bool:
    return store.item is not None and store.item.type.is_collection


def _open_job(draft: Draft, key: ElementKey, headers: dict[str, str]) -> None:
    node = draft.memory.visits[key].node
    wait = Wait(key=draft.next_key(), visit=key, node=node, kind=WaitKind.JOB, name=DATA_STORE)
    draft.record(WaitOpened(wait))
    draft.effects.append(
        CreateJob(
            wait=wait.key,
            visit=key,
            node=node,
            job_type=DATA_STORE,
            retries=None,
            retry_waits=(),
            priority=0,
            headers=headers,
        )
    )
