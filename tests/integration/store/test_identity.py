"""Accounts, their groups and their API tokens."""

from dataclasses import replace

from bpmn_engine.ids import Key
from bpmn_engine.store import identity
from bpmn_engine.views.identity import ApiTokenView, UserView
from bpmn_engine.views.paging import PageRequest
from tests.integration.store.orders import MINUTE, NOON

ALICE = UserView(
    user_id="alice",
    display_name="Alice",
    email=None,
    role="staff",
    password_hash="hash",
    is_active=True,
    groups=(),
    created_at=NOON,
    last_seen_at=None,
)
TOKEN = ApiTokenView(
    token_key=5,
    name="laptop",
    user_id="alice",
    token_hash="digest",
    created_at=NOON,
    expires_at=None,
    last_used_at=None,
    revoked_at=None,
)


def test_account_is_inserted_and_then_changed(database):
    with database.transaction() as session:
        identity.save_user(session, ALICE)
        identity.set_groups(session, "alice", ["sales", "finance", "sales"])
        identity.save_user(session, replace(ALICE, role="operator", password_hash=None))
        identity.touch_user(session, "alice", NOON + MINUTE)

    with database.reading() as session:
        found = identity.find_user(session, "alice")
        nobody = identity.find_user(session, "bob")
        groups = identity.list_groups(session)
    assert found == replace(
        ALICE, role="operator", groups=("finance", "sales"), last_seen_at=NOON + MINUTE
    )
    assert nobody is None
    assert groups == ("finance", "sales")


def test_accounts_are_paged_by_user_id(database):
    with database.transaction() as session:
        for user_id in ("bob", "alice", "carol"):
            identity.save_user(session, replace(ALICE, user_id=user_id))
        identity.set_groups(session, "carol", ["it"])

    with database.reading() as session:
        first = identity.list_users(session, PageRequest(limit=2))
        second = identity.list_users(session, PageRequest(limit=2, cursor=first.next_cursor))

    assert [user.user_id for user in first.items] == ["alice", "bob"]
    assert [(user.user_id, user.groups) for user in second.items] == [("carol", ("it",))]


def test_token_is_found_by_its_hash_and_revoked_once(database):
    with database.transaction() as session:
        identity.save_user(session, ALICE)
        identity.insert_token(session, TOKEN)
        identity.touch_token(session, Key(5), NOON)
        first = identity.revoke_token(session, Key(5), NOON + MINUTE)
        second = identity.revoke_token(session, Key(5), NOON)

    with database.reading() as session:
        found = identity.find_token_by_hash(session, "digest")
        assert identity.find_token(session, Key(5)) == found
        assert identity.list_tokens(session, "alice") == identity.list_tokens(session) == (found,)
        assert identity.list_tokens(session, "bob") == ()
    assert (first, second) == (True, False)
    assert found == replace(TOKEN, last_used_at=NOON, revoked_at=NOON + MINUTE)
