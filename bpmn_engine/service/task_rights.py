"""Who may see and do what with a user task."""

from __future__ import annotations

from bpmn_engine.service.outcomes import Problem, ProblemKind, conflict, not_found
from bpmn_engine.store.user_tasks import UserTaskRow
from bpmn_engine.views.paging import Caller
from bpmn_engine.views.work import TaskState


def may_see(row: UserTaskRow, caller: Caller) -> bool:
    """Tell whether a task is the caller's, offered to them, offered to nobody special, or done."""
    if caller.sees_all or caller.user_id in {row.assignee, row.completed_by}:
        return True
    if row.is_for_anybody and row.assignee is None:
        return True
    return caller.user_id in row.candidate_users or not caller.groups.isdisjoint(
        row.candidate_groups
    )


def unseen(key: int) -> Problem:
    """Return the problem that the caller sees no such task, whether it exists or not."""
    return not_found("user task", key)


def not_open(row: UserTaskRow) -> Problem | None:
    """Return the problem that a task has ended, or None."""
    if row.state is TaskState.CREATED:
        return None
    by = "" if row.completed_by is None else f" by {row.completed_by}"
    if row.state in {TaskState.ASSIGNING, TaskState.UPDATING, TaskState.COMPLETING}:
        by += " and waits for its listeners"
    return conflict(
        f"Expected the user task {row.key} to be open, but it was {row.state.value}{by}.",
        holder=row.completed_by,
    )


def held_by_another(row: UserTaskRow, caller: Caller) -> Problem | None:
    """Return the problem that somebody else has the task, or None."""
    if row.assignee is None or row.assignee == caller.user_id:
        return None
    return conflict(
        f"Expected the user task {row.key} to be free, but {row.assignee} has claimed it.",
        holder=row.assignee,
    )


def may_not_finish(row: UserTaskRow, caller: Caller) -> Problem | None:
    """Return why the caller may not work on the task or end it, or None; it has to be theirs."""
    if caller.sees_all:
        return None
    if row.assignee is None:
        return conflict(f"Expected the user task {row.key} to be yours; claim it first.")
    return held_by_another(row, caller)


def may_not_complete(row: UserTaskRow, caller: Caller) -> Problem | None:
    """Return why the caller may not complete the task, or None.

    It has to be theirs; a delegated one is to be given back to its owner first.
    """
    if row.is_delegated:
        return conflict(
            f"Expected the user task {row.key} not to be delegated, but {row.owner} waits for it "
            "to be resolved."
        )
    return may_not_finish(row, caller)


def may_not_assign(row: UserTaskRow, assignee: str | None, caller: Caller) -> Problem | None:
    """Return why the caller may not hand the task on, or None.

    Operators may; others only a task that is theirs.
    """
    if caller.sees_all or row.assignee == caller.user_id:
        return None
    if row.assignee is None and assignee == caller.user_id:
        return None
    return Problem(
        kind=ProblemKind.FORBIDDEN,
        message="Expected an operator or whoever has the task to assign it, "
        f"but {caller.user_id} is neither.",
        holder=row.assignee,
    )
