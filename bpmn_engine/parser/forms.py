"""Forms of user tasks and start events: `zeebe:formDefinition`, `camunda:formKey`, `formData`."""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.model.extensions import FormDefinition, FormField, FormSource
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.form_properties import named_values, read_form_properties
from bpmn_engine.parser.formal_expressions import optional_literal
from bpmn_engine.parser.namespaces import full_name

_EMBEDDED = "camunda-forms:bpmn:"
_BINDINGS = frozenset({"latest", "deployment", "version", "versionTag"})


def read_form(diagram: Diagram, element: Element) -> FormDefinition | None:
    """Read the element's form of either flavour; None when it has none."""
    definition = diagram.extension(element, "zeebe:formDefinition")
    if definition is not None:
        return _zeebe_form(diagram, element, definition)
    form_id = diagram.take(element, "camunda:formRef")
    if form_id is not None:
        binding = diagram.take(element, "camunda:formRefBinding") or "latest"
        return _bound(
            diagram,
            element,
            form_id,
            (binding, diagram.take(element, "camunda:formRefVersion")),
        )
    form_key = diagram.take(element, "camunda:formKey")
    if form_key is not None:
        return FormDefinition(source=FormSource.FORM_KEY, reference=form_key)
    data = diagram.extension(element, "camunda:formData")
    if data is None:
        properties = read_form_properties(diagram, element)
        return FormDefinition(source=FormSource.FIELDS, fields=properties) if properties else None
    return FormDefinition(
        source=FormSource.FIELDS,
        fields=_fields(diagram, element, data),
        business_key_field=(data.get("businessKey") or "").strip() or None,
    )


def _zeebe_form(diagram: Diagram, element: Element, definition: Element) -> FormDefinition | None:
    form_id = (definition.get("formId") or "").strip()
    if form_id:
        binding = definition.get("bindingType") or "latest"
        return _bound(diagram, element, form_id, (binding, definition.get("versionTag")))
    form_key = (definition.get("formKey") or definition.get("externalReference") or "").strip()
    if form_key.startswith(_EMBEDDED):
        return _embedded(diagram, element, form_key.removeprefix(_EMBEDDED))
    if form_key:
        return FormDefinition(source=FormSource.FORM_KEY, reference=form_key)
    diagram.findings.violate(
        element,
        "incomplete-form",
        "Expected zeebe:formDefinition to name a form, but it names none. Choose a form, or set "
        "the form's type to none.",
    )
    return None


def _bound(
    diagram: Diagram, element: Element, form_id: str, binding: tuple[str, str | None]
) -> FormDefinition:
    kind, value = binding
    if kind not in _BINDINGS or (kind in {"version", "versionTag"} and not value):
        diagram.findings.violate(
            element,
            "binding",
            f"Expected the form's binding to be latest, deployment, or a {kind} with a value, "
            f"but found {kind!r} with {value!r}. Choose the binding in the properties panel.",
        )
    return FormDefinition(
        source=FormSource.CAMUNDA_FORM, reference=form_id, binding=kind, binding_value=value
    )


def _embedded(diagram: Diagram, element: Element, form_id: str) -> FormDefinition | None:
    form = diagram.forms.get(form_id)
    if form is not None:
        diagram.findings.read_parts.add((form, "zeebe:userTaskForm"))
        return FormDefinition(source=FormSource.EMBEDDED, reference=form.text or "")
    diagram.findings.violate(
        element,
        "dangling-reference",
        f"Expected an embedded form with the id {form_id!r} in the process, but there is none. "
        "Paste the form again, or link a deployed form.",
    )
    return None


def _fields(diagram: Diagram, element: Element, data: Element) -> tuple[FormField, ...]:
    found = []
    for field in data.iterchildren(full_name("camunda:formField")):
        field_id = (field.get("id") or "").strip()
        if not field_id:
            diagram.findings.violate(
                element,
                "incomplete-form",
                f"Expected the form field on line {field.sourceline} to have an id, but it has "
                "none. Fill it in.",
            )
            continue
        found.append(
            FormField(
                id=field_id,
                label=field.get("label"),
                type=field.get("type") or "string",
                default=optional_literal(field.get("defaultValue")),
                options=named_values(field, "camunda:value", "id", "name"),
                constraints=_constraints(field),
            )
        )
    return tuple(found)


def _constraints(field: Element) -> dict[str, str]:
    validation = field.find(full_name("camunda:validation"))
    if validation is None:
        return {}
    return named_values(validation, "camunda:constraint", "name", "config")
