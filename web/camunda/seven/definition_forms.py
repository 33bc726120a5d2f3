"""The start form of a process definition, in the ways in which Camunda 7 offers it."""

from __future__ import annotations

from typing import Final

from flask import Response, json, request

from bpmn_engine.model.extensions import FormDefinition, FormSource
from bpmn_engine.service.listing import RESOURCES
from bpmn_engine.service.views import FormKind
from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import Condition, Listing
from bpmn_engine.views.runtime_records import DefinitionRecord
from web.camunda.dialect import answer, unless_problem
from web.camunda.engine_rest import definition_id
from web.camunda.seven.definitions_found import by_definition, found_definition
from web.camunda.seven.ids import missing, refuse
from web.camunda.seven.queries import names_of
from web.camunda.seven.rendered_forms import XHTML, rendered
from web.camunda.typed_values import write_variables
from web.context import service

DEPLOYED: Final = ("embedded:deployment:", "camunda-forms:deployment:", "deployment:")


@by_definition("GET", "/startForm")
def start_form(**place: str) -> Response:
    """Say which form a start needs."""
    found = found_definition(**place)
    form = _form(found)
    if form is not None and form.source is FormSource.FIELDS:
        own = definition_id(found.process_id, found.version, found.key)
        address = f"embedded:engine://engine/:engine/process-definition/{own}/rendered-form"
        return answer({"key": address, "camundaFormRef": None, "contextPath": None})
    return answer({**form_json(form), "contextPath": None})


@by_definition("GET", "/form-variables")
def start_form_variables(**place: str) -> Response:
    """Return the variables that the start form begins with."""
    found = found_definition(**place)
    values = unless_problem(service().start_form(found.key)).values
    wanted = request.args.get("variableNames")
    names = None if wanted is None else names_of("variableNames", wanted)
    return answer(
        write_variables(
            {name: value for name, value in values.items() if names is None or name in names}
        )
    )


@by_definition("GET", "/rendered-form")
def rendered_start_form(**place: str) -> Response:
    """Return the fields of a generated form as XHTML."""
    found = found_definition(**place)
    form = _form(found)
    if form is None or form.source is not FormSource.FIELDS:
        raise missing(
            f"No matching rendered start form for process definition with the id {found.key} "
            "found."
        )
    values = unless_problem(service().start_form(found.key)).values
    return Response(rendered(form.fields, values), content_type=XHTML)


@by_definition("GET", "/deployed-start-form")
def deployed_start_form(**place: str) -> Response:
    """Return the file of the form: a Camunda form, or what the form key names."""
    found = found_definition(**place)
    form = _form(found)
    if form is None or form.source is FormSource.FIELDS:
        raise refuse("Form key is not set.")
    view = unless_problem(service().start_form(found.key))
    if view.kind is FormKind.CAMUNDA:
        return Response(json.dumps(view.schema), content_type="application/json")
    content = deployed_file(form.reference or "", found.deployment_key)
    return Response(content, content_type=XHTML)


def form_json(form: FormDefinition | None) -> dict[str, JsonValue]:
    """Write where a form is: its key, or the Camunda form that it refers to."""
    if form is None:
        return {"key": None, "camundaFormRef": None}
    match form.source:
        case FormSource.CAMUNDA_FORM:
            version = form.binding_value if form.binding == "version" else None
            number = int(version) if version is not None and version.isdecimal() else None
            return {
                "key": None,
                "camundaFormRef": {
                    "key": form.reference,
                    "binding": form.binding,
                    "version": number,
                },
            }
        case FormSource.FORM_KEY:
            return {"key": form.reference, "camundaFormRef": None}
        case FormSource.EMBEDDED | FormSource.FIELDS:
            return {"key": None, "camundaFormRef": None}


def deployed_file(form_key: str, deployment_key: int) -> bytes:
    """Return the file of a deployment that a form key names.

    Raises:
        ProblemError: it names none (400), or there is none (404).
    """
    name = next(
        (form_key.removeprefix(each) for each in DEPLOYED if form_key.startswith(each)), None
    )
    if name is None:
        raise refuse(f"The form key '{form_key}' does not reference a deployed form.")
    wanted = (
        Condition(field="deployment_key", value=deployment_key),
        Condition(field="name", value=name.rpartition("/")[2]),  # files are kept without folders
    )
    found = service().listed(RESOURCES, Listing(conditions=wanted))
    if not found:
        raise missing(f"The form with the resource name '{name}' cannot be found.")
    return unless_problem(service().deployed_file(found[0].key)).content


def _form(found: DefinitionRecord) -> FormDefinition | None:
    view = unless_problem(service().definition(found.key))
    return view.start_forms[0].form if view.start_forms else None
