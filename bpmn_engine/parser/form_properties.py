"""`camunda:formProperty`: the form fields of diagrams from the days before `camunda:formData`."""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.model.extensions import FormField
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.formal_expressions import optional_literal
from bpmn_engine.parser.namespaces import full_name, is_true


def read_form_properties(diagram: Diagram, element: Element) -> tuple[FormField, ...]:
    """Read the properties that a person sees or fills in, as fields of one form.

    A field is the variable of its name: of the property's variable, else of its id. One that may
    be neither read nor written is no field.
    """
    found: list[FormField] = []
    for declared in diagram.extensions(element, "camunda:formProperty"):
        is_readable = is_true(declared, "readable", default=True)
        is_writable = is_true(declared, "writable", default=True)
        name = (declared.get("variable") or declared.get("id") or "").strip()
        if not name:
            diagram.findings.violate(
                element,
                "incomplete-form",
                f"Expected the form property on line {declared.sourceline} to have an id, but it "
                "has none. Fill it in.",
            )
        elif is_readable or is_writable:
            found.append(_field(declared, name, is_writable=is_writable))
            _tell_of_expression(diagram, element, declared, is_writable=is_writable)
    return tuple(found)


def _field(declared: Element, name: str, *, is_writable: bool) -> FormField:
    constraints = {} if is_writable else {"readonly": "true"}
    if is_true(declared, "required"):
        constraints["required"] = "true"
    if declared.get("datePattern"):
        constraints["datePattern"] = declared.get("datePattern") or ""
    return FormField(
        id=name,
        label=declared.get("name"),
        type=declared.get("type") or "string",
        default=optional_literal(declared.get("expression"))
        or optional_literal(declared.get("default")),
        options=named_values(declared, "camunda:value", "id", "name"),
        constraints=constraints,
    )


def _tell_of_expression(
    diagram: Diagram, element: Element, declared: Element, *, is_writable: bool
) -> None:
    if is_writable and declared.get("expression"):
        diagram.findings.warn(
            element,
            "extension-without-effect",
            f"camunda:formProperty {declared.get('id')}: its expression gives the value to begin "
            "with; what is filled in goes to the variable, not to what the expression names.",
        )


def named_values(box: Element, short: str, key: str, value: str) -> dict[str, str]:
    """Return what the vendor elements of this name in a box say, in document order."""
    return {
        child.get(key) or "": child.get(value) or ""
        for child in box.iterchildren(full_name(short))
        if child.get(key)
    }
