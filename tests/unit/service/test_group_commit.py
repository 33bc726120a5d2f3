"""Group commit: what gathers while a transaction runs is done in the next one."""

from threading import Event, Thread

import pytest

from bpmn_engine.service.group_commit import GroupCommit


class Counter:
    """Runs batches, notes their sizes, and can be made to wait in the first one."""

    def __init__(self, *, waits=False):
        self.batches = []
        self.is_begun = Event()
        self.may_end = Event()
        if not waits:
            self.may_end.set()

    def __call__(self, items):
        self.batches.append(list(items))
        self.is_begun.set()
        assert self.may_end.wait(10)
        if "bad" in items:
            raise ValueError("bad")
        return [item.upper() for item in items]


def call(gathered, answers, name):
    def run():
        try:
            answers[name] = list(gathered([name]))
        except ValueError as error:
            answers[name] = str(error)

    thread = Thread(target=run)
    thread.start()
    return thread


def gather(counter, names, *, most=100):
    """Have the first name done alone, and the others asked for meanwhile."""
    gathered = GroupCommit(counter, most=lambda: most)
    answers = {}
    first, *others = names
    threads = [call(gathered, answers, first)]
    assert counter.is_begun.wait(10)
    for count, name in enumerate(others, start=1):
        threads.append(call(gathered, answers, name))
        while len(gathered._waiting) < count:
            pass
    counter.may_end.set()
    for thread in threads:
        thread.join(10)
    return answers


def test_a_caller_that_finds_nobody_at_work_is_served_at_once():
    counter = Counter()
    gathered = GroupCommit(counter, most=lambda: 100)

    assert list(gathered(["a", "b"])) == ["A", "B"]
    assert list(gathered(["c"])) == ["C"]
    assert counter.batches == [["a", "b"], ["c"]]


def test_those_who_come_during_a_transaction_share_the_next_one():
    counter = Counter(waits=True)

    answers = gather(counter, ["a", "b", "c", "d"])

    assert counter.batches == [["a"], ["b", "c", "d"]]
    assert answers == {name: [name.upper()] for name in "abcd"}


def test_a_transaction_has_no_more_items_than_it_may():
    counter = Counter(waits=True)

    answers = gather(counter, ["a", "b", "c", "d", "e"], most=2)

    assert counter.batches == [["a"], ["b", "c"], ["d", "e"]]
    assert len(answers) == 5


def test_a_caller_that_brings_more_than_a_transaction_may_have_is_served_alone():
    counter = Counter()

    assert len(GroupCommit(counter, most=lambda: 2)(["a", "b", "c"])) == 3
    assert counter.batches == [["a", "b", "c"]]


def test_an_error_reaches_only_the_caller_whose_items_cause_it():
    counter = Counter(waits=True)

    answers = gather(counter, ["a", "b", "bad", "c"])

    assert answers == {"a": ["A"], "b": ["B"], "bad": "bad", "c": ["C"]}
    assert counter.batches[1:] == [["b", "bad", "c"], ["b"], ["bad"], ["c"]]


def test_an_error_of_a_lone_caller_is_raised_and_the_next_one_is_served():
    gathered = GroupCommit(Counter(), most=lambda: 100)

    with pytest.raises(ValueError, match="bad"):
        gathered(["bad"])

    assert list(gathered(["a"])) == ["A"]


def test_two_transactions_run_at_once_where_they_may():
    counter = Counter(waits=True)
    gathered = GroupCommit(counter, most=lambda: 100, at_once=2)
    answers = {}

    threads = [call(gathered, answers, "a")]
    assert counter.is_begun.wait(10)
    counter.is_begun.clear()
    threads.append(call(gathered, answers, "b"))

    assert counter.is_begun.wait(10)
    counter.may_end.set()
    for thread in threads:
        thread.join(10)
    assert sorted(counter.batches) == [["a"], ["b"]]
    assert answers == {"a": ["A"], "b": ["B"]}


class Hesitant(Counter):
    """Answers two items of a transaction at most, and fails where it begins with a bad one."""

    def __call__(self, items):
        if items[0] == "bad":
            raise ValueError("bad")
        return super().__call__([item for item in items[:2] if item != "bad"])


def test_what_a_transaction_has_not_answered_is_done_in_the_next_one():
    counter = Hesitant(waits=True)

    answers = gather(counter, ["a", "b", "c", "d", "e"])

    assert counter.batches == [["a"], ["b", "c"], ["d", "e"]]
    assert answers == {name: [name.upper()] for name in "abcde"}


def test_an_error_after_a_transaction_does_not_take_back_its_answers():
    counter = Hesitant(waits=True)

    answers = gather(counter, ["a", "b", "c", "bad", "d"])

    assert answers == {"a": ["A"], "b": ["B"], "c": ["C"], "bad": "bad", "d": ["D"]}
    assert counter.batches == [["a"], ["b", "c"], ["d"]]


def test_a_caller_whose_items_need_several_transactions_gets_one_answer():
    counter = Hesitant()

    assert list(GroupCommit(counter, most=lambda: 100)("abcde")) == list("ABCDE")
    assert counter.batches == [["a", "b"], ["c", "d"], ["e"]]
