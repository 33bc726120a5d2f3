"""Camunda forms as they are stored: versioned by form id, as processes are by process id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from bpmn_engine.ids import Key
from bpmn_engine.store.rows import AnyRow
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import form, resource


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRow:
    """One form as it is stored."""

    key: Key
    deployment_key: Key
    form_id: str
    version: int  #: from 1, per form id
    content_hash: str
    resource_name: str
    content: bytes  #: the form's JSON


_SELECT: Final = select(form, resource.c.name.label("resource_name"), resource.c.content).join(
    resource, resource.c.key == form.c.resource_key
)


def find(
    session: Session,
    form_id: str,
    *,
    version: int | None = None,
    deployment_key: Key | None = None,
) -> FormRow | None:
    """Return a form: the latest one, or of a version or deployment."""
    statement = _SELECT.where(form.c.form_id == form_id)
    if version is not None:
        statement = statement.where(form.c.version == version)
    if deployment_key is not None:
        statement = statement.where(form.c.deployment_key == deployment_key)
    row = session.execute(statement.order_by(form.c.version.desc()).limit(1)).one_or_none()
    return None if row is None else _form(row)


def versions(session: Session, form_id: str, limit: int = 100) -> tuple[FormRow, ...]:
    """Return the latest versions of a form, the newest first."""
    statement = _SELECT.where(form.c.form_id == form_id).order_by(form.c.version.desc())
    return tuple(_form(row) for row in session.execute(statement.limit(limit)))


def latest(session: Session, form_ids: Iterable[str]) -> dict[str, FormRow]:
    """Return the latest version of forms, by form id."""
    found = {form_id: find(session, form_id) for form_id in set(form_ids)}
    return {form_id: row for form_id, row in found.items() if row is not None}


def _form(row: AnyRow) -> FormRow:
    return FormRow(
        key=Key(row.key),
        deployment_key=Key(row.deployment_key),
        form_id=row.form_id,
        version=row.version,
        content_hash=row.content_hash,
        resource_name=row.resource_name,
        content=row.content,
    )
