"""Accounts, groups and tokens; the figures and the feed."""

import datetime as dt

import pytest
from sqlalchemy import select

from bpmn_engine.service.views import ProblemKind
from bpmn_engine.store.tables import ended_session
from tests.diagrams import end, process, service, start


def test_an_account_is_made_and_changed_and_keeps_its_password(world):
    world.service.save_user("alice", display_name="Alice", role="staff", password_hash="h1")

    changed = world.service.save_user("alice", display_name="Alice A.", role="operator")
    grouped = world.service.set_groups("alice", {"sales", "it"})

    assert (changed.display_name, changed.role, changed.password_hash) == (
        "Alice A.",
        "operator",
        "h1",
    )
    assert grouped.groups == ("it", "sales")
    assert world.service.groups() == ("it", "sales")
    assert [user.user_id for user in world.service.users().items] == ["alice"]
    assert world.service.set_groups("bob", ()).kind is ProblemKind.NOT_FOUND


def test_a_token_is_found_by_its_hash_until_and_after_it_is_revoked(world):
    world.service.save_user("alice", display_name="Alice", role="staff")
    token = world.service.create_api_token(name="ci", user_id="alice", token_hash="abc")

    world.service.record_token_use(token.token_key)
    world.service.record_seen("alice")
    revoked = world.service.revoke_api_token(token.token_key)

    assert world.service.api_token_by_hash("abc") == revoked
    assert revoked.revoked_at == world.clock.now()
    assert world.service.api_tokens("alice") == (revoked,)
    assert world.service.user("alice").last_seen_at == world.clock.now()
    assert world.service.revoke_api_token(1).kind is ProblemKind.NOT_FOUND
    assert (
        world.service.create_api_token(name="x", user_id="bob", token_hash="d").kind
        is ProblemKind.NOT_FOUND
    )


def test_the_dashboard_counts_what_has_just_happened(world):
    world.deploy(process("s -> a -> e", s=start(), a=service("x"), e=end()))
    for _ in range(3):
        world.start()
    world.clock.advance(dt.timedelta(seconds=30))
    (job, *_) = world.activate("x", limit=1)
    world.service.complete_job(job.key, lock_token=job.lock_token)

    view = world.service.dashboard(span=dt.timedelta(hours=1))

    assert (view.running, view.completed, view.incidents) == (2, 1, 0)
    assert view.cycle_time.mean == 30
    assert view.cycle_time.p50 == pytest.approx(30, rel=0.02)
    assert [row.process_id for row in view.by_process] == ["p"]
    assert view.as_of == world.clock.now()


def test_the_feed_names_what_each_commit_changed(world):
    world.deploy(process("s -> a -> e", s=start(), a=service("x"), e=end()))
    before = world.service.latest_change()

    key = world.start()

    (change,) = world.service.changes_after(before)
    assert {"instances", f"instance:{key}", "jobs"} <= set(change.topics)


def test_a_session_that_was_logged_out_has_no_user_in_any_process(world):
    world.service.save_user("alice", display_name="Alice", role="staff")
    ends_at = world.clock.now() + dt.timedelta(hours=1)

    world.service.end_session("one", ends_at=ends_at)
    world.service.end_session("one", ends_at=ends_at)

    assert world.another().session_user("alice", "one") is None
    assert world.another().session_user("alice", "two").user_id == "alice"


def test_the_user_of_a_session_has_their_groups(world):
    world.service.save_user("alice", display_name="Alice", role="staff", password_hash="h1")
    world.service.save_user("bob", display_name="Bob", role="staff")
    world.service.set_groups("alice", {"sales", "it"})

    assert world.service.session_user("alice", "one") == world.service.user("alice")
    assert world.service.session_user("bob", "one") == world.service.user("bob")
    assert world.service.session_user("carol", "one") is None


def test_people_are_named_who_have_an_account_and_offered_who_may_log_in(world):
    world.service.save_user("alice", display_name="Alice", role="staff")
    world.service.save_user("bob", display_name="Bob", role="staff", is_active=False)

    assert world.service.display_names({"bob", "carol"}) == {"bob": "Bob"}
    assert world.service.display_names(()) == {}
    assert [(one.user_id, one.display_name) for one in world.service.active_people()] == [
        ("alice", "Alice")
    ]


def test_sessions_that_would_be_over_anyway_are_forgotten(world):
    ends_at = world.clock.now() + dt.timedelta(hours=1)
    world.service.end_session("one", ends_at=ends_at)
    world.clock.advance(dt.timedelta(hours=2))

    world.service.end_session("two", ends_at=ends_at + dt.timedelta(hours=2))

    with world.database.reading() as session:
        assert session.scalars(select(ended_session.c.serial)).all() == ["two"]
