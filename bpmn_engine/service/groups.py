"""Groups and their members."""

from __future__ import annotations

from bpmn_engine.service.identity import IdentityUseCases
from bpmn_engine.service.outcomes import Problem, conflict, not_found
from bpmn_engine.service.transactions import AbandonedError
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.store import identity, known_groups
from bpmn_engine.views.identity import GroupView


class GroupUseCases(IdentityUseCases):
    """Who belongs together. Who may change that is the web's."""

    def described_groups(self) -> tuple[GroupView, ...]:
        """Return every group that is described or has a member, by id."""
        return self._read(known_groups.groups)

    def save_group(self, group: GroupView, *, is_new: bool) -> Problem | None:
        """Describe a group; a new one must not exist, another one must."""

        def work(unit: UnitOfWork) -> None:
            exists = group.group_id in {
                each.group_id for each in known_groups.groups(unit.session)
            }
            if exists and is_new:
                raise AbandonedError(
                    conflict(f"Expected a new group, but {group.group_id!r} exists.")
                )
            if not exists and not is_new:
                raise AbandonedError(not_found("group", group.group_id))
            known_groups.save_group(unit.session, group)
            unit.touch("users")

        return self._commit(work)

    def delete_group(self, group_id: str) -> Problem | None:
        """Forget a group; nobody is in it any more."""

        def work(unit: UnitOfWork) -> None:
            known_groups.delete_group(unit.session, group_id)
            unit.touch("users")

        return self._commit(work)

    def add_member(self, user_id: str, group_id: str) -> Problem | None:
        """Make a user a member of a group; again is fine."""

        def work(unit: UnitOfWork) -> None:
            if identity.find_user(unit.session, user_id) is None:
                raise AbandonedError(not_found("user", user_id))
            known_groups.add_member(unit.session, user_id, group_id)
            unit.touch("users")

        return self._commit(work)

    def remove_member(self, user_id: str, group_id: str) -> Problem | None:
        """Make a user no member of a group; again is fine."""

        def work(unit: UnitOfWork) -> None:
            known_groups.remove_member(unit.session, user_id, group_id)
            unit.touch("users")

        return self._commit(work)
