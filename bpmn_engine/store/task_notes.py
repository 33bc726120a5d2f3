"""Comments and attachments of user tasks; rows only."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, insert, select, update

from bpmn_engine.ids import Key
from bpmn_engine.store.rows import AnyRow, changed_count
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import task_attachment, task_comment
from bpmn_engine.views.notes import AttachmentView, CommentView, NewAttachment

_COMMENT = task_comment.c
_ATTACHMENT = task_attachment.c
_ATTACHMENTS = select(*(column for column in _ATTACHMENT if column.name != "content"))


def insert_comment(session: Session, comment: CommentView) -> None:
    """Keep a new comment."""
    session.execute(
        insert(task_comment).values(
            key=comment.key,
            instance_key=comment.instance_key,
            task_key=comment.task_key,
            author=comment.author,
            at=comment.at,
            message=comment.message,
        )
    )


def comments(
    session: Session, *, task_key: Key | None = None, instance_key: Key | None = None
) -> tuple[CommentView, ...]:
    """Return the comments on a task, or on an instance and all its tasks, newest first."""
    statement = select(task_comment).order_by(_COMMENT.key.desc())
    if task_key is not None:
        statement = statement.where(_COMMENT.task_key == task_key)
    if instance_key is not None:
        statement = statement.where(_COMMENT.instance_key == instance_key)
    return tuple(_comment(row) for row in session.execute(statement))


def find_comment(session: Session, key: Key) -> CommentView | None:
    """Return a comment."""
    row = session.execute(select(task_comment).where(_COMMENT.key == key)).one_or_none()
    return None if row is None else _comment(row)


def change_comment(session: Session, key: Key, message: str, *, at: dt.datetime) -> None:
    """Write a comment again."""
    session.execute(update(task_comment).where(_COMMENT.key == key).values(message=message, at=at))


def delete_comments(
    session: Session,
    *,
    key: Key | None = None,
    task_key: Key | None = None,
    instance_key: Key | None = None,
) -> int:
    """Delete one comment, or all of a task or instance; return how many there were."""
    statement = delete(task_comment)
    for column, value in (
        (_COMMENT.key, key),
        (_COMMENT.task_key, task_key),
        (_COMMENT.instance_key, instance_key),
    ):
        if value is not None:
            return changed_count(session.execute(statement.where(column == value)))
    raise ValueError("Expected to be told which comments to delete, but was not.")


def insert_attachment(session: Session, attachment: AttachmentView, content: bytes | None) -> None:
    """Keep a new attachment."""
    session.execute(
        insert(task_attachment).values(
            key=attachment.key,
            instance_key=attachment.instance_key,
            task_key=attachment.task_key,
            name=attachment.name,
            description=attachment.description,
            kind=attachment.kind,
            url=attachment.url,
            content=content,
            created_at=attachment.created_at,
            created_by=attachment.created_by,
        )
    )


def attachments(session: Session, task_key: Key) -> tuple[AttachmentView, ...]:
    """Return the attachments of a task, oldest first."""
    statement = _ATTACHMENTS.where(_ATTACHMENT.task_key == task_key).order_by(_ATTACHMENT.key)
    return tuple(_attachment(row) for row in session.execute(statement))


def find_attachment(session: Session, key: Key) -> AttachmentView | None:
    """Return an attachment."""
    row = session.execute(_ATTACHMENTS.where(_ATTACHMENT.key == key)).one_or_none()
    return None if row is None else _attachment(row)


def attachment_content(session: Session, key: Key) -> bytes | None:
    """Return the bytes of an attached file; None when there are none."""
    found: bytes | None = session.scalar(select(_ATTACHMENT.content).where(_ATTACHMENT.key == key))
    return found


def delete_attachment(session: Session, key: Key) -> bool:
    """Delete an attachment; False if there is none."""
    return (
        changed_count(session.execute(delete(task_attachment).where(_ATTACHMENT.key == key))) > 0
    )


def made_attachment(
    new: NewAttachment, *, key: Key, instance_key: Key, task_key: Key, at: dt.datetime, by: str
) -> AttachmentView:
    """Return what is attached, as it is kept."""
    return AttachmentView(
        key=key,
        instance_key=instance_key,
        task_key=task_key,
        name=new.name,
        description=new.description,
        kind=new.kind,
        url=new.url,
        created_at=at,
        created_by=by,
    )


def _comment(row: AnyRow) -> CommentView:
    return CommentView(
        key=row.key,
        instance_key=row.instance_key,
        task_key=row.task_key,
        author=row.author,
        at=row.at,
        message=row.message,
    )


def _attachment(row: AnyRow) -> AttachmentView:
    return AttachmentView(
        key=row.key,
        instance_key=row.instance_key,
        task_key=row.task_key,
        name=row.name,
        description=row.description,
        kind=row.kind,
        url=row.url,
        created_at=row.created_at,
        created_by=row.created_by,
    )
