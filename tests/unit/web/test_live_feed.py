"""The change feed of one process."""

import datetime as dt
from threading import Event

from bpmn_engine.service.views import Change
from web import live_feed
from web.live import visible_topics
from web.live_feed import LiveFeed
from web.permissions import Role

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class Table:
    """The feed's table, in memory."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.was_read = Event()

    def add(self, *topics: str) -> int:
        sequence = len(self.changes) + 1
        self.changes.append(Change(sequence=sequence, at=AT, topics=topics))
        return sequence

    def after(self, sequence: int) -> list[Change]:
        self.was_read.set()
        return self.changes[sequence:]

    def latest(self) -> int:
        return len(self.changes)

    def feed(self) -> LiveFeed:
        return LiveFeed(self.after, self.latest, pause_seconds=0.001)


def sequences(changes: object) -> list[int]:
    return [change.sequence for change in changes]


def test_a_stream_hears_of_changes_after_it_began() -> None:
    table = Table()
    table.add("tasks")
    feed = table.feed()

    start = feed.subscribe(10)
    table.add("instances")
    heard = feed.after(start, 5)
    feed.unsubscribe()

    assert start == 1
    assert sequences(heard) == [2]


def test_a_stream_that_comes_back_reads_what_it_missed() -> None:
    table = Table()
    for _ in range(3):
        table.add("tasks")
    feed = table.feed()
    feed.subscribe(10)

    heard = feed.after(1, 5)
    feed.unsubscribe()

    assert sequences(heard) == [2, 3]


def test_without_changes_a_stream_waits_no_longer_than_told() -> None:
    feed = Table().feed()
    start = feed.subscribe(10)

    heard = feed.after(start, 0.01)
    feed.unsubscribe()

    assert list(heard) == []


def test_a_stream_far_behind_reads_the_database_itself(monkeypatch) -> None:
    monkeypatch.setattr(live_feed, "KEPT", 2)
    table = Table()
    feed = table.feed()
    start = feed.subscribe(10)
    for _ in range(10):
        table.add("tasks")

    feed.after(start, 5)
    heard = feed.after(3, 5)
    feed.unsubscribe()

    assert sequences(heard) == [4, 5, 6, 7, 8, 9, 10]


def test_there_are_no_more_streams_than_the_cap() -> None:
    feed = Table().feed()

    opened = [feed.subscribe(2) for _ in range(3)]
    feed.unsubscribe()
    again = feed.subscribe(2)
    for _ in range(2):
        feed.unsubscribe()

    assert opened == [0, 0, None]
    assert again == 0
    assert feed.subscriber_count == 0


def test_a_feed_begins_anew_after_its_last_stream_has_gone() -> None:
    table = Table()
    feed = table.feed()
    feed.subscribe(10)
    feed.unsubscribe()
    table.add("tasks")

    start = feed.subscribe(10)
    table.add("tasks")
    heard = feed.after(start, 5)
    feed.unsubscribe()

    assert (start, sequences(heard)) == (1, [2])


def test_staff_hear_of_everything_but_incidents_and_jobs() -> None:
    topics = ("tasks", "instance:12", "incidents", "jobs", "definitions")

    assert visible_topics(topics, Role.STAFF) == ["tasks", "instance:12", "definitions"]
    assert visible_topics(topics, Role.OPERATOR) == list(topics)
