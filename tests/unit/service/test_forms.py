"""Forms: what files are accepted, and what drawn fields become."""

import pytest

from bpmn_engine.model.extensions import FormalExpression, FormField
from bpmn_engine.service.forms import ParsedForm, generated_schema, parse_form


def test_a_form_has_an_id_and_components():
    form = parse_form(b'\xef\xbb\xbf {"id": "f", "components": []}')

    assert isinstance(form, ParsedForm)
    assert form.form_id == "f"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "UTF-8"),
        (b"", "JSON object"),
        (b"[]", "JSON object"),
        (b"[" * 100_000, "JSON object"),
        (b" {", "JSON object"),
        (b'{"components": []}', "id"),
        (b'{"id": 3, "components": []}', "id"),
        (b'{"id": "f"}', "components"),
        (b'{"id": "f", "components": "x"}', "components"),
    ],
)
def test_what_is_no_form_is_said_in_a_sentence(content, words):
    said = parse_form(content)

    assert isinstance(said, str)
    assert words in said


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (FormField(id="a"), {"type": "textfield", "label": "a"}),
        (FormField(id="a", type="long"), {"type": "number", "decimalDigits": 0}),
        (FormField(id="a", type="double"), {"type": "number"}),
        (FormField(id="a", type="boolean"), {"type": "checkbox"}),
        (FormField(id="a", type="date"), {"type": "datetime", "subtype": "date"}),
        (
            FormField(id="a", type="enum", options={"x": "X"}),
            {"type": "select", "values": [{"value": "x", "label": "X"}]},
        ),
        (
            FormField(id="a", constraints={"required": "true", "minlength": "2", "max": "1.5"}),
            {"validate": {"required": True, "minLength": 2, "max": 1.5}},
        ),
        (FormField(id="a", constraints={"required": "false"}), {"validate": {}}),
        (FormField(id="a", constraints={"readonly": ""}), {"readonly": True}),
        (FormField(id="a", default=FormalExpression(text="${x}")), {"key": "a"}),
    ],
)
def test_a_drawn_field_becomes_a_component(field, expected):
    (component,) = generated_schema((field,))["components"]

    assert {name: component[name] for name in expected} == expected
