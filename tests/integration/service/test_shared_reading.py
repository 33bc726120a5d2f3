"""What a thread reads in one transaction, and when another one begins."""

from threading import Thread

import pytest
import sqlalchemy as sa

from bpmn_engine.service.views import PageRequest, Problem
from tests.diagrams import end, process, start, user


@pytest.fixture
def sharing(world):
    """A world whose service shares what it reads with, with Alice in it."""
    world.service.save_user("alice", display_name="Alice", role="staff")
    world.service.begin_shared_reading()
    yield world
    world.service.end_shared_reading()


def names(world):
    return [user.user_id for user in world.service.users().items]


def make_bob(service):
    service.save_user("bob", display_name="Bob", role="staff")


def test_all_that_is_read_is_of_one_moment(sharing):
    before = names(sharing)

    make_bob(sharing.another())
    meanwhile = names(sharing)
    sharing.service.end_shared_reading()

    assert before == meanwhile == ["alice"]
    assert names(sharing) == ["alice", "bob"]


def test_without_sharing_each_query_sees_what_there_is(world):
    world.service.save_user("alice", display_name="Alice", role="staff")
    before = names(world)

    make_bob(world.another())

    assert before == ["alice"]
    assert names(world) == ["alice", "bob"]


def test_what_the_thread_commits_itself_is_seen(sharing):
    before = names(sharing)

    make_bob(sharing.service)

    assert before == ["alice"]
    assert names(sharing) == ["alice", "bob"]


def test_an_instance_that_the_thread_changes_is_not_read_as_it_was(world):
    world.deploy(process("s -> a -> e", s=start(), a=user(), e=end()))
    key = world.start()
    world.service.begin_shared_reading()

    waiting = world.service.instance_waits(key)
    world.service.cancel_instance(key, actor="alice")
    ended = world.service.instance_waits(key)
    world.service.end_shared_reading()

    assert len(waiting) == 1
    assert ended == ()


def test_after_a_query_that_fails_another_moment_is_read(sharing):
    names(sharing)
    make_bob(sharing.another())

    failed = sharing.service.users(page=PageRequest(cursor="none of ours"))

    assert isinstance(failed, Problem)
    assert names(sharing) == ["alice", "bob"]


def test_other_threads_do_not_share(sharing):
    names(sharing)
    make_bob(sharing.another())
    found = []

    other = Thread(target=lambda: found.extend(names(sharing)))
    other.start()
    other.join()

    assert found == ["alice", "bob"]
    assert names(sharing) == ["alice"]


def end_connections(world):
    """End every connection that is in the middle of a transaction."""
    with world.another().database.reading() as session:
        session.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state = 'idle in transaction'"
            )
        )


def test_a_connection_that_is_lost_is_replaced(sharing):
    if sharing.database.is_sqlite:
        pytest.skip("SQLite has no connection that can be lost")
    names(sharing)

    end_connections(sharing)

    assert names(sharing) == ["alice"]


def test_a_connection_that_is_lost_when_all_is_read_disturbs_nobody(sharing):
    if sharing.database.is_sqlite:
        pytest.skip("SQLite has no connection that can be lost")
    names(sharing)

    end_connections(sharing)
    sharing.service.end_shared_reading()

    assert names(sharing) == ["alice"]
