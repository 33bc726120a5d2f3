"""Groups that somebody described; a group exists as soon as somebody is in it, too."""

from __future__ import annotations

from sqlalchemy import delete, insert, select, update

from bpmn_engine.store.rows import changed_count
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import group_membership, known_group
from bpmn_engine.views.identity import GroupView


def groups(session: Session) -> tuple[GroupView, ...]:
    """Return every group that is described or has a member, by id."""
    found = {
        group_id: GroupView(group_id=group_id, name=None, kind=None)
        for group_id in session.scalars(select(group_membership.c.group_id).distinct())
    }
    for row in session.execute(select(known_group)):
        found[row.group_id] = GroupView(group_id=row.group_id, name=row.name, kind=row.kind)
    return tuple(found[group_id] for group_id in sorted(found))


def save_group(session: Session, group: GroupView) -> None:
    """Describe a group, again or for the first time."""
    values = {"name": group.name, "kind": group.kind}
    is_it = known_group.c.group_id == group.group_id
    if changed_count(session.execute(update(known_group).where(is_it).values(**values))) == 0:
        session.execute(insert(known_group).values(group_id=group.group_id, **values))


def delete_group(session: Session, group_id: str) -> None:
    """Forget a group and who is in it."""
    session.execute(delete(known_group).where(known_group.c.group_id == group_id))
    session.execute(delete(group_membership).where(group_membership.c.group_id == group_id))


def add_member(session: Session, user_id: str, group_id: str) -> bool:
    """Make a user a member of a group; False if they are one."""
    columns = group_membership.c
    found = select(columns.user_id).where(columns.user_id == user_id, columns.group_id == group_id)
    if session.scalar(found) is not None:
        return False
    session.execute(insert(group_membership).values(user_id=user_id, group_id=group_id))
    return True


def remove_member(session: Session, user_id: str, group_id: str) -> None:
    """Make a user no member of a group."""
    columns = group_membership.c
    session.execute(
        delete(group_membership).where(columns.user_id == user_id, columns.group_id == group_id)
    )
