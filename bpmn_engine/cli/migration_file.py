"""Files of migration plans: YAML, which JSON is too, that a person edits between two commands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bpmn_engine.cli.exit_codes import CommandFailedError, ExitCode
from bpmn_engine.service.views import (
    DefinitionName,
    ElementMapping,
    FlowMapping,
    MigrationPlan,
    MigrationProposalView,
    ScopeChange,
)
from bpmn_engine.values import JsonValue

_Name = Annotated[str, Field(min_length=1, max_length=255)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DefinitionPart(_Part):
    """A process definition, by its process id and version."""

    process_id: _Name
    version: int = Field(ge=1)


class _MappingPart(_Part):
    source: _Name
    target: _Name
    update: bool = False


class _FlowPart(_Part):
    source: _Name
    target: _Name


class _VariablesPart(_Part):
    element_id: _Name | None = None
    values: dict[str, object] = Field(default_factory=dict)
    expressions: dict[str, str] = Field(default_factory=dict)
    removed: list[str] = Field(default_factory=list)


class MigrationFile(_Part):
    """What a file says; the last three members are for whoever reads it."""

    source: DefinitionPart
    target: DefinitionPart
    mappings: list[_MappingPart] = Field(default_factory=list)
    flows: list[_FlowPart] = Field(default_factory=list)
    variables: list[_VariablesPart] = Field(default_factory=list)
    guessed: list[str] = Field(default_factory=list)
    unmapped: list[str] = Field(default_factory=list)
    added: list[str] = Field(default_factory=list)

    @property
    def plan(self) -> MigrationPlan:
        """The plan of the file."""
        return MigrationPlan(
            mappings=tuple(
                ElementMapping(source=one.source, target=one.target, is_updated=one.update)
                for one in self.mappings
            ),
            flows=tuple(FlowMapping(source=one.source, target=one.target) for one in self.flows),
            variables=tuple(
                ScopeChange(
                    element_id=one.element_id,
                    values={name: _json(value) for name, value in one.values.items()},
                    expressions=one.expressions,
                    removed=tuple(one.removed),
                )
                for one in self.variables
            ),
        )


def read_migration_file(path: str) -> MigrationFile:
    """Read a file, or standard input for `-`.

    Raises:
        CommandFailedError: It is none; the message says where.
    """
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
        return MigrationFile.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        message = f"Expected a migration plan in {path}, but {place}: {first['msg']}."
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        message = f"Expected a migration plan in {path}, but: {error}"
    raise CommandFailedError(message, ExitCode.USAGE)


def plan_text(proposal: MigrationProposalView) -> str:
    """Return a proposal as YAML, with what to look at first."""
    text = _dump(plan_document(proposal))
    return _HEAD.format(source=_named(proposal.source), target=_named(proposal.target)) + text


def plan_document(proposal: MigrationProposalView) -> dict[str, JsonValue]:
    """Return a proposal as a document that `read_migration_file` reads."""
    return {
        "source": {"process_id": proposal.source.process_id, "version": proposal.source.version},
        "target": {"process_id": proposal.target.process_id, "version": proposal.target.version},
        "guessed": list(proposal.guessed),
        "unmapped": list(proposal.unmapped),
        "added": list(proposal.added),
        "mappings": [
            {"source": one.source, "target": one.target, "update": one.is_updated}
            for one in proposal.plan.mappings
        ],
        "flows": [],
        "variables": [],
    }


_HEAD = """\
# How instances of {source} go on as {target}.
# guessed: matched by name, look at these; unmapped: only in the source; added: only in the target.
# update: true has an open job, task, timer or subscription say what the target's element says.
# flows: [{{source: id, target: id}}] where tokens wait before joins and ids have changed.
# variables: [{{element_id: null, values: {{}}, expressions: {{name: "= feel"}}, removed: []}}]
"""


def _named(name: DefinitionName) -> str:
    return f"{name.process_id} version {name.version}"


def _dump(document: dict[str, JsonValue]) -> str:
    """Return YAML with a line for each mapping."""
    lines = []
    for name, value in document.items():
        if name == "mappings" and isinstance(value, list) and value:
            rows = (yaml.safe_dump(row, default_flow_style=True, width=999) for row in value)
            lines.append(f"{name}:\n" + "".join(f"- {row}" for row in rows))
        else:
            lines.append(yaml.safe_dump({name: value}, default_flow_style=None, sort_keys=False))
    return "".join(lines)


def _json(value: object) -> JsonValue:
    """Return a value of YAML as JSON; dates and other values of YAML's own are texts."""
    if isinstance(value, dict):
        return {str(name): _json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_json(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
