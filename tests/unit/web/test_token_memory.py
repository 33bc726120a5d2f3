"""API tokens that are remembered for a moment: what counts at once, and what a second later."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import NamedTuple

import pytest

from bpmn_engine.clock import VirtualClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from web.accounts import AccountForm, NewToken, create_account, create_token, token_hash
from web.permissions import Role
from web.token_memory import TokenMemory

SECOND = dt.timedelta(seconds=1)
NOW = dt.datetime(2026, 1, 5, 9, 0, tzinfo=dt.UTC)


class World(NamedTuple):
    """Two processes on one database, and a token of Alice's."""

    here: EngineService
    elsewhere: EngineService
    token: NewToken
    memory: TokenMemory

    def user_at(self, now: dt.datetime) -> str | None:
        """Return whom the token speaks for."""
        owner = self.memory.owner(self.here, token_hash(self.token.secret), now)
        return None if owner is None else owner.user.user_id


@pytest.fixture
def world(tmp_path: Path) -> World:
    url = f"sqlite:///{tmp_path}/engine.db"
    Database(url).migrate()
    clock = VirtualClock(NOW)
    here, elsewhere = (
        EngineService(Database(url), clock, EngineSettings(worker_number=number))
        for number in (1, 2)
    )
    form = AccountForm(user_id="alice", role=Role.STAFF, password="a long password", groups=())
    create_account(here, form)
    token = create_token(here, "alice", name="a", expires_at=NOW + dt.timedelta(hours=1))
    assert isinstance(token, NewToken)
    return World(here, elsewhere, token, TokenMemory(SECOND))


def test_a_token_that_this_process_revokes_ends_at_once(world: World) -> None:
    assert world.user_at(NOW) == "alice"

    world.here.revoke_api_token(world.token.token.token_key)

    assert world.user_at(NOW) is None


def test_a_token_that_another_process_revokes_ends_after_the_moment(world: World) -> None:
    assert world.user_at(NOW) == "alice"

    world.elsewhere.revoke_api_token(world.token.token.token_key)

    assert world.user_at(NOW + SECOND / 2) == "alice"
    assert world.user_at(NOW + SECOND) is None


def test_a_token_that_is_not_remembered_is_looked_up_each_time(world: World) -> None:
    memory = TokenMemory(dt.timedelta(0))
    kept = token_hash(world.token.secret)
    assert memory.owner(world.here, kept, NOW) is not None

    world.elsewhere.revoke_api_token(world.token.token.token_key)

    assert memory.owner(world.here, kept, NOW) is None


def test_many_requests_at_once_look_a_remembered_token_up_once(world: World, monkeypatch) -> None:
    looked_up = []
    find = world.here.api_token_by_hash
    everybody = Barrier(8)

    def counted(kept: str) -> object:
        looked_up.append(kept)
        return find(kept)

    def ask(_: int) -> str | None:
        everybody.wait(10)
        return world.user_at(NOW + SECOND)

    assert world.user_at(NOW) == "alice"
    monkeypatch.setattr(world.here, "api_token_by_hash", counted)

    with ThreadPoolExecutor(8) as pool:
        users = list(pool.map(ask, range(8)))

    assert users == ["alice"] * 8
    assert len(looked_up) == 1


def test_an_account_that_is_changed_here_counts_at_once(world: World) -> None:
    assert world.user_at(NOW) == "alice"

    world.here.save_user("alice", display_name="Alice", role="staff", is_active=False)

    assert world.user_at(NOW) is None


def test_a_remembered_token_still_expires_to_the_moment(world: World) -> None:
    end = NOW + dt.timedelta(hours=1)
    assert world.user_at(end - SECOND / 4) == "alice"

    assert world.user_at(end) is None


def test_a_clock_that_was_set_back_is_no_longer_validity(world: World) -> None:
    assert world.user_at(NOW) == "alice"

    world.elsewhere.revoke_api_token(world.token.token.token_key)

    assert world.user_at(NOW - SECOND) is None
