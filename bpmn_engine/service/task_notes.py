"""Comments and attachments of user tasks: whoever sees a task sees them, and may add to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from bpmn_engine.ids import Key
from bpmn_engine.service import task_rights
from bpmn_engine.service.outcomes import Problem, ProblemKind, invalid, not_found
from bpmn_engine.service.tasks import note
from bpmn_engine.service.transactions import AbandonedError
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import history, instances, task_edits, task_notes, user_tasks
from bpmn_engine.store.database import Session
from bpmn_engine.store.user_tasks import UserTaskRow
from bpmn_engine.views.notes import AttachmentView, CommentView, NewAttachment
from bpmn_engine.views.paging import Caller

Result = TypeVar("Result")

LARGEST_ATTACHMENT: Final = 20 * 1024 * 1024
"""Bytes."""


class TaskNotes(UseCases):
    """What people leave beside their tasks."""

    def comment_on_task(self, key: int, message: str, *, caller: Caller) -> CommentView | Problem:
        """Say something about a task, open or ended."""
        if not message.strip():
            return invalid("Expected a message, but it is empty.", field_name="message")

        def write(unit: UnitOfWork, row: UserTaskRow) -> CommentView:
            comment = CommentView(
                key=unit.keys.next(),
                instance_key=row.instance_key,
                task_key=row.key,
                author=caller.user_id,
                at=unit.now,
                message=message,
            )
            task_notes.insert_comment(unit.session, comment)
            note(unit, row, "CommentUserTask", {"comment": str(comment.key)}, caller)
            return comment

        return self._at_task(key, caller, write)

    def task_comments(self, key: int, *, caller: Caller) -> tuple[CommentView, ...] | Problem:
        """Return what was said about a task, newest first."""
        return self._of_task(
            key, caller, lambda session: task_notes.comments(session, task_key=Key(key))
        )

    def instance_comments(self, key: int) -> tuple[CommentView, ...]:
        """Return what was said about an instance and its tasks, newest first; for operators."""
        return self._read(lambda session: task_notes.comments(session, instance_key=Key(key)))

    def change_instance_comment(
        self, instance_key: int, key: int, message: str, *, actor: str
    ) -> Problem | None:
        """Write a comment on an instance or its tasks again; for operators."""

        def work(unit: UnitOfWork) -> None:
            _comment_of(unit, instance_key, key)
            task_notes.change_comment(unit.session, Key(key), message, at=unit.now)
            _note_on_instance(unit, instance_key, "ChangeComment", str(key), actor)

        return self._commit(work)

    def delete_instance_comments(
        self, instance_key: int, key: int | None = None, *, actor: str
    ) -> Problem | None:
        """Delete one comment on an instance or its tasks, or all of them; for operators."""

        def work(unit: UnitOfWork) -> None:
            if key is None:
                if not instances.load(unit.session, (Key(instance_key),)):
                    raise AbandonedError(not_found("process instance", instance_key))
                task_notes.delete_comments(unit.session, instance_key=Key(instance_key))
            else:
                _comment_of(unit, instance_key, key)
                task_notes.delete_comments(unit.session, key=Key(key))
            told = None if key is None else str(key)
            _note_on_instance(unit, instance_key, "DeleteComment", told, actor)

        return self._commit(work)

    def task_comment(self, task_key: int, key: int, *, caller: Caller) -> CommentView | Problem:
        """Return one comment on a task."""
        found = self.task_comments(task_key, caller=caller)
        if isinstance(found, Problem):
            return found
        return next((each for each in found if each.key == key), not_found("comment", key))

    def change_task_comment(
        self, task_key: int, key: int, message: str, *, caller: Caller
    ) -> Problem | None:
        """Write one's own comment again; operators may write any."""

        def write(unit: UnitOfWork, row: UserTaskRow) -> None:
            _own_comment(unit, row, key, caller)
            task_notes.change_comment(unit.session, Key(key), message, at=unit.now)
            note(unit, row, "ChangeComment", {"comment": str(key)}, caller)

        return self._at_task(task_key, caller, write)

    def delete_task_comments(
        self, task_key: int, key: int | None = None, *, caller: Caller
    ) -> Problem | None:
        """Delete one's own comment, or as an operator all of a task."""

        def write(unit: UnitOfWork, row: UserTaskRow) -> None:
            if key is not None:
                _own_comment(unit, row, key, caller)
                task_notes.delete_comments(unit.session, key=Key(key))
            elif caller.sees_all:
                task_notes.delete_comments(unit.session, task_key=row.key)
            else:
                raise AbandonedError(_forbidden("Expected an operator to delete all comments."))
            detail = {"comment": None if key is None else str(key)}
            note(unit, row, "DeleteComment", detail, caller)

        return self._at_task(task_key, caller, write)

    def attach_to_task(
        self, key: int, new: NewAttachment, *, caller: Caller
    ) -> AttachmentView | Problem:
        """Attach a file or an address to a task."""
        problem = _unusable(new)
        if problem is not None:
            return problem

        def write(unit: UnitOfWork, row: UserTaskRow) -> AttachmentView:
            made = task_notes.made_attachment(
                new,
                key=unit.keys.next(),
                instance_key=row.instance_key,
                task_key=row.key,
                at=unit.now,
                by=caller.user_id,
            )
            task_notes.insert_attachment(unit.session, made, new.content)
            detail = {"attachment": str(made.key), "name": made.name}
            note(unit, row, "AttachToUserTask", detail, caller)
            return made

        return self._at_task(key, caller, write)

    def task_attachments(
        self, key: int, *, caller: Caller
    ) -> tuple[AttachmentView, ...] | Problem:
        """Return what is attached to a task, oldest first."""
        return self._of_task(
            key, caller, lambda session: task_notes.attachments(session, Key(key))
        )

    def task_attachment(
        self, task_key: int, key: int, *, caller: Caller
    ) -> AttachmentView | Problem:
        """Return one attachment of a task."""
        found = self.task_attachments(task_key, caller=caller)
        if isinstance(found, Problem):
            return found
        return next((each for each in found if each.key == key), not_found("attachment", key))

    def attachment_content(self, task_key: int, key: int, *, caller: Caller) -> bytes | Problem:
        """Return the bytes of an attached file."""
        found = self.task_attachment(task_key, key, caller=caller)
        if isinstance(found, Problem):
            return found
        content = self._read(lambda session: task_notes.attachment_content(session, Key(key)))
        return not_found("content of the attachment", key) if content is None else content

    def delete_attachment(self, task_key: int, key: int, *, caller: Caller) -> Problem | None:
        """Delete one's own attachment; operators may delete any."""

        def write(unit: UnitOfWork, row: UserTaskRow) -> None:
            found = task_notes.find_attachment(unit.session, Key(key))
            if found is None or found.task_key != row.key:
                raise AbandonedError(not_found("attachment", key))
            if found.created_by != caller.user_id and not caller.sees_all:
                raise AbandonedError(_forbidden(f"Expected the attachment {key} to be yours."))
            task_notes.delete_attachment(unit.session, Key(key))
            note(unit, row, "DeleteAttachment", {"attachment": str(key)}, caller)

        return self._at_task(task_key, caller, write)

    def _at_task(
        self, key: int, caller: Caller, write: Callable[[UnitOfWork, UserTaskRow], Result]
    ) -> Result | Problem:
        def work(unit: UnitOfWork) -> Result:
            row = user_tasks.find(unit.session, Key(key))
            if row is None or not task_rights.may_see(row, caller):
                raise AbandonedError(task_rights.unseen(key))
            # The journal is numbered by instance, whose row is locked for it.
            instances.load_for_update(unit.session, (row.instance_key,))
            task_edits.touch(unit.session, row.key, at=unit.now)
            return write(unit, row)

        return self._commit(work)

    def _of_task(
        self, key: int, caller: Caller, read: Callable[[Session], Result]
    ) -> Result | Problem:
        def query(session: Session) -> Result | Problem:
            row = user_tasks.find(session, Key(key))
            if row is None or not task_rights.may_see(row, caller):
                return task_rights.unseen(key)
            return read(session)

        return self._read(query)


def _comment_of(unit: UnitOfWork, instance_key: int, key: int) -> None:
    found = task_notes.find_comment(unit.session, Key(key))
    if found is None or found.instance_key != instance_key:
        raise AbandonedError(not_found("comment", key))


def _note_on_instance(
    unit: UnitOfWork, instance_key: int, action: str, comment: str | None, actor: str
) -> None:
    instances.load_for_update(unit.session, (Key(instance_key),))
    history.write_note(
        unit.session,
        instance_key=Key(instance_key),
        at=unit.now,
        actor=actor,
        action=action,
        detail={"comment": comment},
    )
    unit.touch(f"instance:{instance_key}")


def _own_comment(unit: UnitOfWork, row: UserTaskRow, key: int, caller: Caller) -> None:
    found = task_notes.find_comment(unit.session, Key(key))
    if found is None or found.task_key != row.key:
        raise AbandonedError(not_found("comment", key))
    if found.author != caller.user_id and not caller.sees_all:
        raise AbandonedError(_forbidden(f"Expected the comment {key} to be yours."))


def _forbidden(message: str) -> Problem:
    return Problem(kind=ProblemKind.FORBIDDEN, message=message)


def _unusable(new: NewAttachment) -> Problem | None:
    if (new.url is None) == (new.content is None):
        return invalid("Expected a file or a url, and not both.", field_name="content")
    if new.content is not None and len(new.content) > LARGEST_ATTACHMENT:
        return invalid(
            f"Expected a file of at most {LARGEST_ATTACHMENT} bytes, but got {len(new.content)}.",
            field_name="content",
        )
    return None
