"""How many instances are at each activity, or run of each process definition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from flask import Response, request

from bpmn_engine.ids import Key
from bpmn_engine.service.listing import DEFINITIONS
from bpmn_engine.service.views import IncidentKind
from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import Listing, Order
from bpmn_engine.views.runtime_records import DefinitionRecord
from web.camunda.dialect import answer, unless_problem
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.seven.definition_texts import definition_json
from web.camunda.seven.definitions_found import PREFIX, by_definition, found_definition
from web.camunda.seven.ids import refuse
from web.camunda.seven.incident_kinds import written_kind
from web.camunda.seven.queries import is_true
from web.context import service

_CLASS: Final = "org.camunda.bpm.engine.rest.dto.repository."
_KNOWN: Final = frozenset({"failedJobs", "incidents", "incidentsForType", "rootIncidents"})


@by_definition("GET", "/statistics")
def activity_statistics(**place: str) -> Response:
    """Count the open instances and incidents of each activity."""
    asked = _asked()
    found = found_definition(**place)
    elements = unless_problem(service().definition_diagram(found.key)).elements
    incidents = service().open_incident_counts()
    written: list[JsonValue] = []
    for element_id, counts in elements.items():
        kinds = Counter[str](
            {
                kind: count
                for (key, element, kind), count in incidents.items()
                if key == found.key and element == element_id
            }
        )
        written.append(
            {
                "@class": f"{_CLASS}ActivityStatisticsResultDto",
                "id": element_id,
                "instances": counts.active,
                **_counted(kinds, asked),
            }
        )
    return answer(written)


@ENGINE_REST.get(f"{PREFIX}/statistics")
def process_definition_statistics() -> Response:
    """Count the open instances and incidents of each process definition."""
    asked = _asked()
    instances = service().open_instance_counts()
    incidents: dict[Key, Counter[str]] = {}
    for (key, _element, kind), count in service().open_incident_counts().items():
        incidents.setdefault(key, Counter())[kind] += count
    found = service().listed(DEFINITIONS, Listing(order=(Order(field="key"),)))
    return answer([_definition(each, instances, incidents, asked) for each in found])


def _definition(
    record: DefinitionRecord,
    instances: Mapping[Key, int],
    incidents: Mapping[Key, Counter[str]],
    asked: Mapping[str, str],
) -> JsonValue:
    written = definition_json(record)
    key = Key(record.key)
    return {
        "@class": f"{_CLASS}ProcessDefinitionStatisticsResultDto",
        "id": written["id"],
        "instances": instances.get(key, 0),
        **_counted(incidents.get(key, Counter()), asked),
        "definition": written,
    }


def _asked() -> Mapping[str, str]:
    """Return what is to be counted beside instances.

    Raises:
        ProblemError: a parameter is not known (400).
    """
    unknown = set(request.args) - _KNOWN
    if unknown:
        raise refuse(
            f"Expected {', '.join(sorted(_KNOWN))}, but got {', '.join(sorted(unknown))}."
        )
    asked = dict(request.args.items())
    if is_true("incidents", asked.get("incidents", "false")) and "incidentsForType" in asked:
        raise refuse("Only one of the query parameter incidents or incidentsForType can be set.")
    return asked


def _counted(kinds: Counter[str], asked: Mapping[str, str]) -> dict[str, JsonValue]:
    is_asked = {name: asked.get(name) == "true" for name in _KNOWN}
    wanted = asked.get("incidentsForType")
    written = {written_kind(kind): count for kind, count in kinds.items()}
    shown: list[JsonValue] = []
    if is_asked["incidents"] or is_asked["rootIncidents"] or wanted is not None:
        shown = [
            {"incidentType": kind, "incidentCount": count}
            for kind, count in sorted(written.items())
            if wanted in {None, kind}
        ]
    failed = kinds[IncidentKind.JOB.value] if is_asked["failedJobs"] else 0
    return {"failedJobs": failed, "incidents": shown}
