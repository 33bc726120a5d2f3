"""Submitted forms, checked again on the server."""

import datetime as dt

import pytest

from web.errors import FieldError
from web.forms import FormErrors, FormValues, check_form

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def field(kind: str, **more: object) -> dict:
    return {"type": kind, "id": "Field_a", "key": "a", **more}


def check(components: list, submitted: dict, initial: dict | None = None):
    schema = {"type": "default", "components": components}
    return check_form(schema, submitted, initial=initial or {}, now=NOW)


def messages(components: list, submitted: dict, initial: dict | None = None) -> list[str]:
    outcome = check(components, submitted, initial)
    return [error.message for error in outcome.errors] if isinstance(outcome, FormErrors) else []


NUMBER = field("number")
SIZES = [{"label": "Small", "value": "s"}, {"label": "Large", "value": "l"}]


@pytest.mark.parametrize(
    ("component", "value"),
    [
        (field("textfield"), "x"),
        (field("textfield"), ""),
        (field("textarea"), None),
        (field("textfield", validate={"required": True}), "x"),
        (field("textfield", validate={"minLength": 2, "maxLength": 3}), "abc"),
        (field("textfield", validate={"pattern": "^[A-Z]{2}$"}), "AB"),
        (field("textfield", validate={"pattern": "(unreadable"}), "AB"),
        (field("textfield", validate={"validationType": "email"}), "alice@example.org"),
        (field("textfield", validate={"validationType": "phone"}), "+4930664040900"),
        (NUMBER, 12),
        (NUMBER, 1.5),
        (NUMBER, None),
        (field("number", serializeToString=True), "12.5"),
        (field("number", decimalDigits=2), 1.25),
        (field("number", increment=0.5), 1.5),
        (field("number", validate={"min": 1, "max": 3}), 3),
        (field("number", validate={"min": "=limit"}), 6),
        (field("checkbox"), False),
        (field("checkbox", validate={"required": True}), True),
        (field("select", values=SIZES), "s"),
        (field("select", values=SIZES), None),
        (field("radio", values=["a", "b"]), "b"),
        (field("select", valuesKey="choices"), 2),
        (field("select", valuesExpression="=choices"), 2),
        (field("checklist", values=SIZES), ["s", "l"]),
        (field("taglist", values=SIZES), []),
        (field("datetime", subtype="date"), "2026-02-28"),
        (field("datetime", subtype="time"), "12:30"),
        (field("datetime", subtype="time"), "12:30:00+01:00"),
        (field("datetime", subtype="datetime"), "2026-02-28T12:30:00Z"),
        (field("textfield", readonly=True), "kept"),
        (field("filepicker"), "files::1"),
    ],
)
def test_a_good_value_is_kept(component: dict, value: object) -> None:
    initial = {"limit": 5, "choices": [1, 2], "a": "kept"}

    assert check([component], {"a": value}, initial) == FormValues(values={"a": value})


@pytest.mark.parametrize(
    ("component", "value", "message"),
    [
        (field("textfield"), 12, "Expected a text."),
        (field("textfield"), ["x"], "Expected a text."),
        (field("textfield", validate={"required": True}), "", "Field is required."),
        (field("textfield", validate={"required": True}), None, "Field is required."),
        (field("textfield", validate={"minLength": 3}), "ab", "minimum length of 3"),
        (field("textfield", validate={"maxLength": 3}), "abcd", "maximum length of 3"),
        (field("textfield", validate={"pattern": "^[A-Z]$"}), "ab", "must match pattern"),
        (
            field("textfield", validate={"pattern": "^x$", "patternErrorMessage": "Say x."}),
            "y",
            "Say x.",
        ),
        (field("textfield", validate={"validationType": "email"}), "alice", "valid email"),
        (field("textfield", validate={"validationType": "phone"}), "030", "phone number"),
        (NUMBER, "12", "Expected a number."),
        (NUMBER, True, "Expected a number."),
        (field("number", decimalDigits=0), 1.5, "integer"),
        (field("number", decimalDigits=1), 1.25, "1 decimal digits"),
        (field("number", increment=0.5), 1.2, "multiple of 0.5"),
        (field("number", validate={"min": 1}), 0, "minimum value of 1"),
        (field("number", validate={"max": 1}), 2, "maximum value of 1"),
        (field("number", validate={"min": "=limit"}), 4, "minimum value of 5"),
        (field("checkbox"), "true", "Expected true or false."),
        (field("checkbox", validate={"required": True}), False, "Field is required."),
        (field("select", values=SIZES), "xl", "one of the choices"),
        (field("select", values=["1"]), 1, "one of the choices"),
        (field("select", values=[1]), True, "one of the choices"),
        (field("select", valuesKey="choices"), 3, "one of the choices"),
        (field("select", valuesExpression="=choices"), 3, "one of the choices"),
        (field("checklist", values=SIZES), ["s", "xl"], "the choices only"),
        (field("checklist", values=SIZES), "s", "Expected a list"),
        (field("checklist", validate={"required": True}), [], "Field is required."),
        (field("datetime", subtype="date"), "2026-02-30", "Expected a date."),
        (field("datetime", subtype="time"), "25:00", "Expected a time."),
        (field("datetime", subtype="datetime"), "tomorrow", "Expected a date and time."),
        (field("datetime", subtype="date"), 12, "Expected a date."),
        (field("textfield", readonly=True), "changed", "may not be changed"),
        (field("textfield", readonly="=limit = 5"), "changed", "may not be changed"),
    ],
)
def test_a_bad_value_names_its_field(component: dict, value: object, message: str) -> None:
    initial = {"limit": 5, "choices": [1, 2], "a": "kept"}

    outcome = check([component], {"a": value}, initial)

    assert isinstance(outcome, FormErrors)
    assert [error.field for error in outcome.errors] == ["a"]
    assert message in outcome.errors[0].message


def test_what_is_no_field_is_refused() -> None:
    outcome = check([field("textfield")], {"a": "x", "b": 1, "c": {"d": 2}})

    assert isinstance(outcome, FormErrors)
    assert [error.field for error in outcome.errors] == ["b", "c"]


def test_a_required_field_that_was_not_sent_is_missing() -> None:
    assert messages([field("textfield", validate={"required": True})], {}) == [
        "Field is required."
    ]


def test_a_hidden_field_gives_nothing_and_needs_nothing() -> None:
    hidden = field("textfield", conditional={"hide": "=kind = 1"}, validate={"required": True})
    kind = {"type": "number", "id": "k", "key": "kind"}

    assert check([hidden, kind], {"a": "x", "kind": 1}) == FormValues(values={"kind": 1})
    assert check([hidden, kind], {"kind": 1}) == FormValues(values={"kind": 1})
    assert messages([hidden, kind], {"kind": 2}) == ["Field is required."]


def test_a_condition_without_a_value_hides_nothing() -> None:
    shown = field("textfield", conditional={"hide": "=unknown > 5"})

    assert check([shown], {"a": "x"}) == FormValues(values={"a": "x"})


def test_a_hidden_group_hides_its_fields() -> None:
    group = {
        "type": "group",
        "path": "g",
        "components": [field("textfield")],
        "conditional": {"hide": "=true"},
    }

    assert check([group], {"g": {"a": "x"}}) == FormValues(values={})


def test_a_computed_field_is_computed_here() -> None:
    total = {"type": "expression", "id": "t", "key": "total", "expression": "=a * 2"}

    assert check([NUMBER, total], {"a": 4, "total": 1000}) == FormValues(
        values={"a": 4, "total": 8}
    )


def test_a_field_that_cannot_be_computed_is_an_error() -> None:
    total = {"type": "expression", "id": "t", "key": "total", "expression": '=a * "x"'}

    (message,) = messages([NUMBER, total], {"a": 4})

    assert message.startswith("It could not be computed")


def test_a_disabled_field_gives_nothing() -> None:
    assert check([field("textfield", disabled=True)], {"a": "x"}) == FormValues(values={})


def test_groups_and_dotted_keys_lead_into_objects() -> None:
    group = {
        "type": "group",
        "path": "person",
        "components": [field("textfield"), {"type": "number", "id": "b", "key": "home.zip"}],
    }
    data = {"person": {"a": "x", "home": {"zip": 5}}}

    assert check([group], data) == FormValues(values=data)
    assert messages([group], {"person": {"a": "x", "home": {"street": 5}}}) == [
        "This is no field of the form."
    ]
    assert messages([group], {"person": 12}) == ["This is no field of the form."]


def test_a_repeated_group_is_checked_item_by_item() -> None:
    rows = {
        "type": "dynamiclist",
        "path": "rows",
        "components": [field("number", validate={"required": True})],
    }

    good = check([rows], {"rows": [{"a": 1}, {"a": 2}]})
    bad = check([rows], {"rows": [{"a": 1}, {"a": None}, "x", {"a": 1, "b": 2}]})

    assert good == FormValues(values={"rows": [{"a": 1}, {"a": 2}]})
    assert bad == FormErrors(
        errors=(
            FieldError(field="rows.1.a", message="Field is required."),
            FieldError(field="rows.2", message="Expected an object."),
            FieldError(field="rows.3.b", message="This is no field of the form."),
        )
    )
    assert messages([rows], {"rows": {}}) == ["Expected a list of at most 1000 items."]


def test_texts_and_buttons_hold_no_value() -> None:
    parts = [{"type": "text", "id": "t", "text": "Hello"}, {"type": "button", "key": "submit"}]

    assert check(parts, {}) == FormValues(values={})
    assert messages(parts, {"submit": 1}) == ["This is no field of the form."]


@pytest.mark.parametrize("schema", [{}, {"components": None}, {"components": ["x", 1]}])
def test_a_form_without_components_takes_nothing(schema: dict) -> None:
    assert check_form(schema, {}, initial={}, now=NOW) == FormValues(values={})
