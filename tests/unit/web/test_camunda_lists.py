"""No answer of Camunda 7's API holds more rows than it may."""

import pytest

from web.camunda.seven.queries import MOST_ROWS, bounded
from web.camunda.seven.query_reading import Query, read_query
from web.errors import ProblemError

ANY = Query(parameters={}, sorts={})


@pytest.mark.parametrize(
    ("given", "most"),
    [
        ({}, MOST_ROWS + 1),
        ({"maxResults": 10}, 10),
        ({"maxResults": "0"}, 0),
        ({"maxResults": 2**31 - 1}, MOST_ROWS + 1),
    ],
)
def test_a_list_asks_for_one_row_more_at_most_than_an_answer_holds(given, most):
    asked = read_query(ANY, given)

    assert asked.page.most == most


def test_a_count_is_of_all_rows():
    asked = read_query(ANY, {"maxResults": 10})

    assert asked.search.whole().most is None


def test_an_answer_holds_so_many_rows_and_no_more():
    rows = range(MOST_ROWS)

    assert len(bounded(rows)) == MOST_ROWS
    with pytest.raises(ProblemError, match="unbound number of results"):
        bounded(range(MOST_ROWS + 1))
