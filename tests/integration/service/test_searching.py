"""Searches on both databases: every read model, by every field, in every direction."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields

import pytest

from bpmn_engine.service.documents import DocumentContent
from bpmn_engine.service.searches import (
    AnyOf,
    BatchType,
    Comparison,
    Condition,
    Found,
    Search,
    SortField,
    StoredDocument,
    element_key,
    variable_key,
)
from bpmn_engine.service.views import Caller, Problem
from tests.diagrams import boundary, catch, end, message, process, service, start, user
from tests.kernel import MONDAY

EVERYBODY = Caller(user_id="carol", sees_all=True)
DIAGRAM = process(
    "s -> a -> e",
    "s -> u -> e",
    "s -> c -> e",
    s=start(),
    a=service("check"),
    u=user(),
    c=catch(message("paid", "order")),
    e=end(),
)
FILLED_IN = {
    "search_elements": {"type", "name"},
    "search_instances": {"parent_element_key", "tags"},
    "search_jobs": {
        "kind",
        "listener_event",
        "headers",
        "ended_at",
        "updated_at",
        "error_code",
        "is_denied",
        "denied_reason",
    },
    "search_tasks": {
        "form_key",
        "form_reference",
        "candidate_users",
        "candidate_groups",
        "tags",
    },
}
"""Members that are no columns, or lists."""


@pytest.fixture
def full(world):
    """One of everything that can be searched."""
    world.deploy(DIAGRAM)
    world.key = world.start(variables={"order": "A", "n": 1}, business_key="B-1")
    world.start(variables={"order": "B"})
    (first, _) = world.activate("check")
    world.service.fail_job(first.key, "no line", retries_left=0)
    world.service.set_variables(world.key, {"n": 2}, actor="alice")
    criteria = (Condition(field="business_key", value="none"),)
    world.service.start_batch(BatchType.CANCEL, criteria, actor="alice")
    return world


def searches(world):
    """Return name and use case of every search."""
    made = world.service
    return {
        "search_instances": made.search_instances,
        "search_definitions": made.search_definitions,
        "search_decisions": made.search_decisions,
        "search_resources": made.search_resources,
        "search_incidents": made.search_incidents,
        "search_subscriptions": made.search_subscriptions,
        "search_journal": made.search_journal,
        "search_deployed": made.search_deployed,
        "search_batches": made.search_batches,
        "search_batch_items": made.search_batch_items,
        "count_by_process": made.count_by_process,
        "count_by_version": made.count_by_version,
        "count_subscriptions": made.count_subscriptions,
        "count_by_error": made.count_by_error,
        "count_stuck": made.count_stuck,
        "search_elements": made.search_elements,
        "search_jobs": made.search_jobs,
        "search_tasks": lambda search: made.search_tasks(search, caller=EVERYBODY),
    }


def good(found):
    assert isinstance(found, Found), found
    return found


def test_every_field_can_be_compared_and_sorted_by(full) -> None:
    for name, search in searches(full).items():
        everything = good(search(Search()))
        if not everything.items:
            assert name in {"search_decisions", "search_batch_items"}, name
            continue
        item = everything.items[0]
        for one in fields(item):
            if one.name in FILLED_IN.get(name, set()):
                continue
            value = getattr(item, one.name)
            order = (SortField(field=one.name, is_descending=True),)
            assert good(search(Search(order=order))).total == everything.total
            if value is None:
                condition = Condition(field=one.name, comparison=Comparison.EXISTS, value=False)
            else:
                condition = Condition(field=one.name, value=value)
            hit = good(search(Search(criteria=(condition,))))
            assert item in hit.items, (name, one.name, value)


@pytest.mark.parametrize("is_descending", [False, True])
def test_cursors_lead_through_everything_once(full, is_descending) -> None:
    order = (
        SortField(field="ended_at", is_descending=is_descending),
        SortField(field="element_id", is_descending=is_descending),
    )
    whole = good(full.service.search_elements(Search(order=order)))

    seen, cursor = [], None
    while True:
        page = good(full.service.search_elements(Search(order=order, limit=3, after=cursor)))
        if not page.items:
            break
        seen += page.items
        cursor = page.end_cursor
    back = good(
        full.service.search_elements(Search(order=order, limit=100, before=whole.end_cursor))
    )

    assert tuple(seen) == whole.items
    assert back.items == whole.items[:-1]


def test_moments_and_alternatives_are_compared(full) -> None:
    later = MONDAY + dt.timedelta(days=9999)
    after = Condition(field="started_at", comparison=Comparison.GREATER, value=later)
    by_key = Condition(field="key", value=full.key)

    assert good(full.service.search_instances(Search(criteria=(after,)))).total == 0
    either = AnyOf(alternatives=((after,), (by_key,)))
    found = good(full.service.search_instances(Search(criteria=(either,))))
    assert [item.key for item in found.items] == [full.key]
    nothing = AnyOf(alternatives=())
    assert good(full.service.search_instances(Search(criteria=(nothing,)))).total == 0


@pytest.mark.parametrize(
    ("pattern", "count"),
    [("no *", 1), ("?o line", 1), ("NO LINE", 0), ("no_line", 0), ("no[ ]line", 0), ("*%*", 0)],
)
def test_patterns_mean_the_same_on_both_databases(full, pattern, count) -> None:
    like = Condition(field="message", comparison=Comparison.LIKE, value=pattern)

    assert good(full.service.search_incidents(Search(criteria=(like,)))).total == count


def test_keys_that_are_computed_find_what_they_were_computed_of(full) -> None:
    for record in good(full.service.search_elements(Search())).items:
        assert record.key == element_key(record.instance_key, record.visit)
        assert full.service.element(record.key) == record
    assert full.service.variable(variable_key(full.key, 0, "n")).value == "2"
    assert full.service.element(1) is None


def test_keys_of_instances_of_one_millisecond_do_not_meet() -> None:
    keys = {element_key(instance, visit) for instance in range(1, 101) for visit in range(2_000)}

    assert len(keys) == 100 * 2_000


def test_a_cursor_of_somebody_else_is_a_problem(full) -> None:
    for cursor in ("x", "eyJhIjoxfQ==", "W1sia2V5Il0sWyJ4Il1d"):
        assert isinstance(full.service.search_instances(Search(after=cursor)), Problem)


def test_documents_are_kept_for_as_long_as_they_say(world) -> None:
    known = StoredDocument(
        document_id="d",
        content_hash="0" * 64,
        content_type="text/plain",
        file_name="a.txt",
        size=3,
        created_at=world.clock.now(),
        expires_at=world.clock.now() + dt.timedelta(hours=1),
        process_id=None,
        instance_key=None,
        custom={"by": "Alice"},
    )

    first = world.service.store_document(known, b"\x00\x01\xff", actor="alice")
    second = world.service.store_document(known, b"other")

    assert first is None
    assert isinstance(second, Problem)
    assert world.service.document("d") == DocumentContent(known=known, content=b"\x00\x01\xff")
    world.clock.advance(dt.timedelta(hours=2))
    assert isinstance(world.service.document("d"), Problem)
    assert world.service.expire_documents() == 1


def test_a_batch_survives_being_worked_on_by_two_at_once(full) -> None:
    criteria = (Condition(field="process_id", value="p"),)
    key = full.service.start_batch(BatchType.CANCEL, criteria, actor="alice")

    tried = full.service.advance_batch(key, 1) + full.another().advance_batches(10)

    by_key = Search(criteria=(Condition(field="key", value=key),))
    (batch,) = good(full.service.search_batches(by_key)).items
    assert tried == 2
    assert (batch.state, batch.completed, batch.failed) == ("COMPLETED", 2, 0)


def test_boundary_events_are_elements_too(world) -> None:
    world.deploy(
        process(
            "s -> a -> e",
            "b -> e",
            s=start(),
            a=service("check"),
            b=boundary("a", message("stop", "order")),
            e=end(),
        )
    )
    world.start(variables={"order": "A"})

    (found,) = good(world.service.search_subscriptions(Search())).items

    assert (found.element_id, found.message_name, found.correlation_key) == ("b", "stop", "A")
