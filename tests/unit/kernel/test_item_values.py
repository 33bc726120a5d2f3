"""Values and the item definitions they have to fit (BPMN 2.0.2, section 8.4.10)."""

import pytest

from bpmn_engine.ids import ElementId
from bpmn_engine.kernel.item_values import wrong_entry, wrong_value
from bpmn_engine.model.data_elements import (
    DataElement,
    DataStore,
    ItemDefinition,
    ItemField,
    ItemType,
)


def problem(wanted: ItemType, value):
    """Return what is wrong with a value; None when nothing is."""
    item = ItemDefinition(id="Item", type=wanted)
    found = wrong_value(DataElement(id=ElementId("d"), variable="v", item=item), value, "It")
    return None if found is None else found.message.partition("Expected ")[2]


@pytest.mark.parametrize(
    ("simple", "right", "wrong"),
    [
        ("string", ["", "a"], [1, True, ["a"]]),
        ("boolean", [True, False], ["true", 1]),
        ("integer", [0, -1, 10**30], [1.5, "1", True]),
        ("positiveInteger", [1], [0, -1]),
        ("nonNegativeInteger", [0], [-1]),
        ("byte", [127, -128], [128]),
        ("int", [2**31 - 1], [2**31]),
        ("decimal", [1, 1.5], ["1", False]),
        ("date", ["2026-02-28", "2026-02-28Z"], ["2026-02-30", "28.2.2026", 1]),
        ("time", ["23:59:59", "12:00:00.5+01:00"], ["24:01:00", "noon"]),
        ("dateTime", ["2026-02-28T12:00:00Z"], ["2026-02-28", "2026-02-30T12:00:00"]),
        ("duration", ["P1D", "-PT5M", "P1Y2M3DT4H5M6.7S"], ["P", "PT", "1D", 5]),
    ],
)
def test_a_simple_type_takes_its_values_only(simple, right, wrong):
    wanted = ItemType(simple=simple)

    assert [value for value in right if problem(wanted, value) is not None] == []
    assert [value for value in wrong if problem(wanted, value) is None] == []


def test_null_is_no_value_and_never_wrong():
    assert problem(ItemType(simple="integer"), None) is None


def test_what_has_no_item_is_never_wrong():
    assert wrong_value(DataElement(id=ElementId("d"), variable="v"), "x", "It") is None


LINE = ItemType(
    fields=(
        ItemField(name="count", type=ItemType(simple="int")),
        ItemField(
            name="colour", type=ItemType(simple="string", choices=("red",)), is_required=False
        ),
    )
)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"count": 1}, None),
        ({"count": 1, "colour": "red"}, None),
        ({"count": "1"}, "v.count to be xsd:int"),
        ({}, "v.count to be there"),
        ({"count": 1, "colour": "blue"}, "v.colour to be one of red"),
        ({"count": 1, "size": 2}, "v to be a structure of count, colour"),
        ("one", "v to be a structure of count, colour"),
    ],
)
def test_a_structure_is_checked_field_by_field(value, said):
    found = problem(LINE, value)

    assert found is None if said is None else found.startswith(said)


def test_a_collection_is_a_list_of_its_items():
    many = ItemType(simple="int", is_collection=True)

    assert problem(many, [1, 2]) is None
    assert problem(many, 1).startswith("v to be a list of xsd:int")
    assert problem(many, [1, "2"]).startswith("v[2] to be xsd:int")


def test_a_long_value_is_shown_in_part():
    found = problem(ItemType(simple="int"), "x" * 1000)

    assert found.endswith("….")
    assert len(found) < 300


def test_a_collecting_store_takes_single_entries_too():
    item = ItemDefinition(id="Item", type=ItemType(simple="int", is_collection=True))
    store = DataStore(id=ElementId("s"), name="S", variable="S", item=item)

    assert wrong_entry(store, 1, "It") is None
    assert wrong_entry(store, [1], "It") is None
    assert wrong_entry(store, "1", "It") is not None
