"""Portions: a transaction takes as much as it did in the time it had."""

import datetime as dt

from bpmn_engine.service.portions import Portions

TENTH = dt.timedelta(seconds=0.1)


def test_transaction_that_took_too_long_makes_the_next_one_smaller_at_once():
    portions = Portions(TENTH, 200)
    first = portions.size()

    portions.note(first, 0.5)

    assert portions.size() == first // 5


def test_quick_transactions_let_the_next_ones_grow_up_to_the_most():
    portions = Portions(TENTH, 200)
    sizes = []

    for _ in range(6):
        sizes.append(portions.size())
        portions.note(sizes[-1], 0.001)

    assert sizes == [10, 20, 40, 80, 160, 200]


def test_transaction_that_just_fits_leaves_the_size_as_it_is():
    portions = Portions(TENTH, 200)

    portions.note(10, 0.1)

    assert portions.size() == 10


def test_few_items_done_quickly_tell_nothing_about_many():
    portions = Portions(TENTH, 200)
    portions.note(20, 1.0)
    small = portions.size()

    portions.note(1, 0.001)

    assert (small, portions.size()) == (2, 2)


def test_one_item_that_takes_for_ever_still_leaves_one():
    portions = Portions(TENTH, 200)

    portions.note(1, 60.0)

    assert portions.size() == 1


def test_without_a_duration_every_transaction_takes_the_most():
    portions = Portions(dt.timedelta(0), 200)

    portions.note(200, 60.0)

    assert portions.size() == 200


def test_items_come_in_their_order_as_many_as_fit_by_then():
    portions = Portions(TENTH, 4)
    taken = []

    for part in portions.parts("abcdefgh"):
        taken.append("".join(part))
        portions.note(len(part), 0.2)

    assert taken == ["abcd", "ef", "g", "h"]
    assert list(portions.parts("")) == []
