"""Deploying diagrams, forms and decisions; all of a deployment or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bpmn_engine.ids import Key
from bpmn_engine.model.definitions import Definitions, Refusal, Violation
from bpmn_engine.model.time_to_live import read_time_to_live
from bpmn_engine.service import decision_deployment
from bpmn_engine.service.decision_files import DecisionFiles
from bpmn_engine.service.definition_reading import DefinitionReading
from bpmn_engine.service.deploying import (
    CheckedDeployment,
    CheckedForm,
    CheckedProcess,
    check_deployment,
    check_file,
)
from bpmn_engine.service.lane_groups import groups_without_members
from bpmn_engine.service.outcomes import Problem, Resource, invalid
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.store import decisions, definitions, forms
from bpmn_engine.store import resources as resource_files
from bpmn_engine.store.decisions import DecisionRow
from bpmn_engine.store.definitions import (
    DefinitionRow,
    NewDefinition,
    NewDeployment,
    NewForm,
    ResourceRow,
    content_hash,
)
from bpmn_engine.store.forms import FormRow
from bpmn_engine.store.resources import ATTACHMENT
from bpmn_engine.store.starts import NewStarts, StartTimer
from bpmn_engine.views.definitions import (
    DeployedDefinition,
    DeployedForm,
    DeploymentResult,
    Starters,
)


class DeploymentUseCases(DefinitionReading):
    """What process owners do."""

    def check(self, content: bytes, filename: str) -> Definitions | Refusal:
        """Say whether a diagram could be deployed, and what would become of each element."""
        most = self.settings.max_resource_bytes
        return check_file(content, filename, most, self.functions.table)

    def check_decisions(self, resources: Sequence[Resource]) -> tuple[Violation, ...]:
        """Say what is found in DMN files that would be deployed together."""
        files = DecisionFiles(self.settings.max_resource_bytes)
        unreadable = [violation for resource in resources for violation in files.add(resource)]
        return (*unreadable, *files.checked().violations)

    def deploy(  # noqa: PLR0913 — the parts of one deployment, all but its files by keyword
        self,
        resources: Sequence[Resource],
        *,
        name: str | None = None,
        actor: str | None = None,
        only_if_changed: bool = True,
        leaves_out_unchanged: bool = False,
        source: str | None = None,
        attachments: Sequence[Resource] = (),
    ) -> DeploymentResult | Problem:
        """Store .bpmn, .form and .dmn files together, each as a new version.

        With `only_if_changed`, files that are all the same as the latest versions store nothing;
        if one differs all are stored, so that what is bound to its deployment finds its own. With
        `leaves_out_unchanged` only those that differ are stored. `source` is what deploys;
        attachments are files of any kind that are kept beside the others.
        """
        most, known = self.settings.max_resource_bytes, self.functions.table
        checked = check_deployment(resources, self.clock.now(), most, known)
        if isinstance(checked, Problem):
            return checked
        if any(len(file.content) > most for file in attachments):
            return invalid(f"Expected at most {most} bytes in each file.", field_name="files")
        told = _Told(name=name, actor=actor, source=source, attachments=tuple(attachments))

        def work(unit: UnitOfWork) -> DeploymentResult:
            ids = [item.process.id for item in checked.processes]
            form_ids = [item.form_id for item in checked.forms]
            decision_ids = [item.decision_id for item in checked.decisions]
            definitions.lock_ids(unit.session, [*ids, *form_ids, *decision_ids])
            if only_if_changed:
                before = _Unchanged(
                    definitions.latest(unit.session, ids),
                    forms.latest(unit.session, form_ids),
                    decisions.latest(unit.session, decision_ids),
                )
                if before.covers(checked):
                    result = before.result(checked, unit, name)
                    if _has_attachments(unit, result.deployment_key, told.attachments):
                        return result
                if leaves_out_unchanged:
                    return _store(unit, before.changed(checked), told)
            processes = [item.process for item in checked.processes]
            found = groups_without_members(unit.session, processes)
            return _store(unit, replace(checked, warnings=(*checked.warnings, *found)), told)

        return self._commit(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What whoever deploys says beside the files that are executed."""

    name: str | None
    actor: str | None
    source: str | None
    attachments: tuple[Resource, ...]


def _has_attachments(
    unit: UnitOfWork, deployment_key: int, attachments: Sequence[Resource]
) -> bool:
    """Tell whether a deployment has exactly these files beside those that are executed."""
    stored = resource_files.of_deployment(unit.session, Key(deployment_key))
    return {(file.name, file.content) for file in stored if file.kind == ATTACHMENT} == {
        (file.name, file.content) for file in attachments
    }


class _Unchanged:
    """What is deployed already."""

    def __init__(
        self,
        rows: dict[str, DefinitionRow],
        stored_forms: dict[str, FormRow],
        stored_decisions: dict[str, DecisionRow],
    ) -> None:
        self._rows = rows
        self._forms = stored_forms
        self._decisions = stored_decisions

    def covers(self, checked: CheckedDeployment) -> bool:
        """Tell whether every file is the same as the latest version that is deployed."""
        return decision_deployment.are_unchanged(checked.decisions, self._decisions) and (
            self._covers_diagrams_and_forms(checked)
        )

    def changed(self, checked: CheckedDeployment) -> CheckedDeployment:
        """Return what of a deployment differs from the latest versions."""
        is_unchanged = decision_deployment.are_unchanged
        return replace(
            checked,
            processes=tuple(one for one in checked.processes if not self._covers_process(one)),
            forms=tuple(one for one in checked.forms if not self._covers_form(one)),
            decisions=tuple(
                one for one in checked.decisions if not is_unchanged((one,), self._decisions)
            ),
        )

    def _covers_diagrams_and_forms(self, checked: CheckedDeployment) -> bool:
        return all(map(self._covers_process, checked.processes)) and all(
            map(self._covers_form, checked.forms)
        )

    def _covers_process(self, process: CheckedProcess) -> bool:
        row = self._rows.get(process.process.id)
        return row is not None and row.content_hash == content_hash(process.resource.content)

    def _covers_form(self, form: CheckedForm) -> bool:
        row = self._forms.get(form.form_id)
        return row is not None and row.content_hash == content_hash(form.resource.content)

    def result(
        self, checked: CheckedDeployment, unit: UnitOfWork, name: str | None
    ) -> DeploymentResult:
        """Return what is there, as the result of a deployment that stored nothing."""
        rows = [self._rows[item.process.id] for item in checked.processes]
        form_rows = [self._forms[item.form_id] for item in checked.forms]
        decision_rows = [self._decisions[item.decision_id] for item in checked.decisions]
        keys = [
            *(row.deployment_key for row in rows),
            *(row.deployment_key for row in form_rows),
            *(row.deployment_key for row in decision_rows),
        ]
        return DeploymentResult(
            deployment_key=max(keys),
            name=name,
            deployed_at=max((row.deployed_at for row in rows), default=unit.now),
            is_new=False,
            definitions=tuple(_deployed(row, is_new=False) for row in rows),
            forms=tuple(
                DeployedForm(
                    form_key=row.key,
                    form_id=row.form_id,
                    version=row.version,
                    resource_name=row.resource_name,
                    is_new=False,
                )
                for row in form_rows
            ),
            decisions=decision_deployment.deployed(decision_rows, is_new=False),
            certificate=checked.entries,
            warnings=checked.warnings,
        )


def _store(unit: UnitOfWork, checked: CheckedDeployment, told: _Told) -> DeploymentResult:
    key = unit.keys.next()
    resources = _resource_rows(unit, checked, told.attachments)
    rows = definitions.insert_deployment(
        unit.session,
        NewDeployment(
            key=key,
            name=told.name,
            at=unit.now,
            actor=told.actor,
            source=told.source,
            resources=tuple(resources.values()),
            definitions=tuple(
                _definition(unit, item, resources[item.resource.name])
                for item in checked.processes
            ),
            forms=tuple(
                _form(unit, item, resources[item.resource.name]) for item in checked.forms
            ),
            decisions=tuple(
                decision_deployment.new_decision(unit, item, resources[item.resource.name])
                for item in checked.decisions
            ),
        ),
    )
    unit.touch("definitions")
    stored = forms.latest(unit.session, [item.form_id for item in checked.forms])
    stored_decisions = decisions.latest(
        unit.session, [item.decision_id for item in checked.decisions]
    )
    return DeploymentResult(
        deployment_key=key,
        name=told.name,
        deployed_at=unit.now,
        is_new=True,
        definitions=tuple(_deployed(row, is_new=True) for row in rows),
        forms=tuple(
            DeployedForm(
                form_key=row.key,
                form_id=row.form_id,
                version=row.version,
                resource_name=row.resource_name,
                is_new=True,
            )
            for row in stored.values()
        ),
        decisions=decision_deployment.deployed(stored_decisions.values(), is_new=True),
        certificate=checked.entries,
        warnings=checked.warnings,
    )


def _resource_rows(
    unit: UnitOfWork, checked: CheckedDeployment, attachments: Sequence[Resource]
) -> dict[str, ResourceRow]:
    kinds = {item.resource.name: (item.resource, "bpmn") for item in checked.processes}
    kinds |= {item.resource.name: (item.resource, "form") for item in checked.forms}
    kinds |= {item.resource.name: (item.resource, "dmn") for item in checked.decisions}
    kinds |= {file.name: (file, ATTACHMENT) for file in attachments}
    return {
        name: ResourceRow(
            key=unit.keys.next(),
            name=name,
            kind=kind,
            content=resource.content,
            content_hash=content_hash(resource.content),
        )
        for name, (resource, kind) in kinds.items()
    }


def _definition(unit: UnitOfWork, item: CheckedProcess, resource: ResourceRow) -> NewDefinition:
    return NewDefinition(
        key=unit.keys.next(),
        resource_key=resource.key,
        process_id=item.process.id,
        name=item.process.name,
        version_tag=item.process.version_tag,
        content_hash=resource.content_hash,
        is_startable=item.is_startable,
        flavour=item.flavour,
        documentation=item.process.documentation,
        history_seconds=_history_seconds(item.process.history_time_to_live),
        certificate=item.certificate.entries,
        warnings=item.warnings,
        element_names=item.element_names,
        start_forms=item.start_forms,
        starters=Starters(
            users=item.process.candidate_starter_users,
            groups=item.process.candidate_starter_groups,
        ),
        starts=NewStarts(
            subscriptions=item.subscriptions,
            timers=tuple(
                StartTimer(key=unit.keys.next(), element_id=element_id, schedule=schedule)
                for element_id, schedule in item.timers
            ),
            correlated=item.correlated,
        ),
    )


def _form(unit: UnitOfWork, item: CheckedForm, resource: ResourceRow) -> NewForm:
    return NewForm(
        key=unit.keys.next(),
        resource_key=resource.key,
        form_id=item.form_id,
        content_hash=resource.content_hash,
    )


def _deployed(row: DefinitionRow, *, is_new: bool) -> DeployedDefinition:
    return DeployedDefinition(
        definition_key=row.key,
        process_id=row.process_id,
        name=row.name,
        version=row.version,
        version_tag=row.version_tag,
        resource_name=row.resource_name,
        is_new=is_new,
    )


def _history_seconds(text: str | None) -> int | None:
    kept = None if text is None else read_time_to_live(text)
    return None if kept is None else int(kept.total_seconds())
