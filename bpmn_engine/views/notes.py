"""What people leave beside their tasks: comments, attachments, saved filters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from bpmn_engine.values import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentView:
    """What somebody said about a user task or a process instance."""

    key: int
    instance_key: int
    task_key: int | None  #: None = about the whole instance
    author: str | None
    at: dt.datetime  #: when it was last written
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentView:
    """A file or an address that belongs to a user task, without the file's bytes."""

    key: int
    instance_key: int
    task_key: int
    name: str | None
    description: str | None
    kind: str | None
    url: str | None  #: None when it is a file
    created_at: dt.datetime
    created_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAttachment:
    """What is to be attached: a file, or an address."""

    name: str | None = None
    description: str | None = None
    kind: str | None = None
    url: str | None = None
    content: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFilter:
    """A saved query of a worklist."""

    key: int
    resource_type: str
    name: str
    owner: str | None  #: None = everybody's
    query: Mapping[str, JsonValue]
    properties: Mapping[str, JsonValue]
