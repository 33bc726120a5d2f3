"""Reading process definitions, their diagrams and their forms."""

from __future__ import annotations

from bpmn_engine.ids import Key
from bpmn_engine.service.forms import form_view
from bpmn_engine.service.outcomes import Problem, ProblemKind, invalid, not_found
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import definitions, forms, queries_definitions, queries_instances
from bpmn_engine.store.database import Session
from bpmn_engine.store.definitions import DefinitionRow
from bpmn_engine.views.definitions import (
    DefinitionSummary,
    DefinitionView,
    DiagramView,
    ProcessName,
)
from bpmn_engine.views.instances import StartRequest
from bpmn_engine.views.paging import FIRST_PAGE, Caller, Page, PageRequest
from bpmn_engine.views.work import FormView


class DefinitionReading(UseCases):
    """What is read about process definitions."""

    def definitions(
        self,
        *,
        latest_only: bool = True,
        search: str | None = None,
        page: PageRequest = FIRST_PAGE,
    ) -> Page[DefinitionSummary] | Problem:
        """Return process definitions by process id, newest version first."""
        return self._query(
            lambda session: queries_definitions.definitions(
                session, page, latest_only=latest_only, search=search
            )
        )

    def process_names(self) -> tuple[ProcessName, ...]:
        """Return the deployed processes by id, at most 200, without their counts."""
        return self._read(queries_definitions.process_names)

    def definition(self, definition_key: int) -> DefinitionView | Problem:
        """Return one process definition."""
        return self._view(Key(definition_key), f"{definition_key}")

    def definition_by_id(
        self, process_id: str, version: int | None = None
    ) -> DefinitionView | Problem:
        """Return a version of a process, by default the latest."""

        def find(session: Session) -> DefinitionRow | None:
            if version is None:
                return definitions.find_latest(session, process_id)
            return definitions.find_version(session, process_id, version)

        row = self._read(find)
        named = process_id if version is None else f"{process_id} in version {version}"
        if row is None:
            return not_found("process definition", named)
        return self._view(row.key, named)

    def definition_versions(self, process_id: str) -> tuple[DefinitionSummary, ...]:
        """Return all versions of a process, newest first."""
        return self._read(lambda session: queries_definitions.versions(session, process_id))

    def definition_xml(self, definition_key: int) -> bytes | Problem:
        """Return the file of a process definition, byte for byte as it was deployed."""
        xml = self._read(lambda session: definitions.load_xml(session, Key(definition_key)))
        return not_found("process definition", definition_key) if xml is None else xml

    def definition_diagram(self, definition_key: int) -> DiagramView | Problem:
        """Return what happens at each element, summed over the running instances."""

        def query(session: Session) -> DiagramView | Problem:
            if definitions.find(session, Key(definition_key)) is None:
                return not_found("process definition", definition_key)
            counts = queries_instances.definition_counts(session, Key(definition_key))
            return DiagramView(elements=counts, taken_flows={}, state=None)

        return self._read(query)

    def form(
        self, form_id: str, *, version: int | None = None, deployment_key: int | None = None
    ) -> bytes | None:
        """Return a deployed Camunda form: the latest one, or of a version or deployment."""
        row = self._read(
            lambda session: forms.find(
                session,
                form_id,
                version=version,
                deployment_key=None if deployment_key is None else Key(deployment_key),
            )
        )
        return None if row is None else row.content

    def start_form(self, definition_key: int, element_id: str | None = None) -> FormView | Problem:
        """Return the form of a none start event, by default the first."""
        now = self.clock.now()

        def query(session: Session) -> FormView | Problem:
            details = definitions.find_details(session, Key(definition_key))
            if details is None:
                return not_found("process definition", definition_key)
            starts = [
                start
                for start in details.start_forms
                if element_id is None or start.element_id == element_id
            ]
            form = starts[0].form if starts else None
            return form_view(
                session, form, Key(definition_key), {}, now, self.functions.table_of_deployed
            )

        return self._read(query)

    def startable_definition(self, request: StartRequest, *, caller: Caller) -> int | Problem:
        """Return the key of the definition that a request means, if the caller may start it."""

        def query(session: Session) -> int | Problem:
            row = find_startable(session, request, caller)
            return row if isinstance(row, Problem) else row.key

        return self._read(query)

    def _view(self, key: Key, named: str) -> DefinitionView | Problem:
        def query(session: Session) -> DefinitionView | Problem:
            row, details = definitions.find(session, key), definitions.find_details(session, key)
            summary = queries_definitions.definition(session, key)
            if row is None or details is None or summary is None:
                return not_found("process definition", named)
            return DefinitionView(
                summary=summary,
                certificate=details.certificate,
                element_names=details.element_names,
                warnings=details.warnings,
                start_forms=details.start_forms,
                documentation=details.documentation,
                flavour=row.flavour,
            )

        return self._read(query)


def find_startable(
    session: Session, request: StartRequest, caller: Caller | None
) -> DefinitionRow | Problem:
    """Return the process definition that a request means, if the caller may start it."""
    found = _find_definition(session, request)
    if isinstance(found, Problem) or caller is None or found.starters.include(caller):
        return found
    return Problem(
        kind=ProblemKind.FORBIDDEN,
        message=f"Expected one of the people who may start {found.process_id!r}, "
        f"but {caller.user_id} is not among them.",
    )


def _find_definition(session: Session, request: StartRequest) -> DefinitionRow | Problem:
    """Return the process definition that a request means."""
    if request.definition_key is not None:
        row = definitions.find_deployed(session, Key(request.definition_key))
        named = f"definition {request.definition_key}"
    elif request.process_id is None:
        return invalid(
            "Expected a process id or a definition key, but got neither.", field_name="process_id"
        )
    elif request.version is not None:
        row = definitions.find_version(session, request.process_id, request.version)
        named = f"process {request.process_id!r} in version {request.version}"
    elif request.version_tag is not None:
        row = definitions.find_tagged(session, request.process_id, request.version_tag)
        named = f"process {request.process_id!r} with version tag {request.version_tag!r}"
    else:
        row = definitions.find_latest(session, request.process_id)
        named = f"process {request.process_id!r}"
    if row is None:
        return Problem(
            kind=ProblemKind.NOT_FOUND,
            message=f"Expected the {named} to be deployed, but it is not.",
        )
    return row
