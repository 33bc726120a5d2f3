"""`bpmn-engine deploy` and `bpmn-engine lint`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from bpmn_engine.cli.engine_options import CommandContext, json_option, with_engine
from bpmn_engine.cli.exit_codes import CommandFailedError, ExitCode, code_of
from bpmn_engine.cli.printing import (
    print_error_line,
    print_json,
    print_line,
    print_table,
    spinner,
)
from bpmn_engine.clock import SystemClock
from bpmn_engine.model.definitions import Refusal
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import (
    Coverage,
    CoverageEntry,
    DeploymentResult,
    Problem,
    Resource,
    Violation,
)
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database

_DIAGRAM: Final = ".bpmn"
_SUFFIXES: Final = frozenset({_DIAGRAM, ".form", ".dmn"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """One diagram, read and compiled, but stored nowhere."""

    file: str
    is_accepted: bool
    violations: tuple[Violation, ...]
    certificate: tuple[CoverageEntry, ...]
    process_ids: tuple[str, ...]


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--name", help="A name for the deployment.")
@click.option("--always", is_flag=True, help="Make new versions even if nothing has changed.")
@click.option("--certificate", is_flag=True, help="Print what becomes of every element.")
@with_engine(migrates=True)
def deploy(
    engine: CommandContext,
    paths: tuple[Path, ...],
    name: str | None,
    always: bool,  # noqa: FBT001 — click passes options by name
    certificate: bool,  # noqa: FBT001
) -> None:
    """Deploy diagrams, forms and decisions: files, or folders with all such files below them.

    Such files are .bpmn, .form and .dmn.

    All or nothing: a refused file prints its violations with file and line, and nothing is
    stored (exit code 1).
    """
    resources = collect_resources(paths)
    with spinner("Reading diagrams"):
        result = engine.service.deploy(
            resources, name=name, actor=engine.actor, only_if_changed=not always
        )
    if isinstance(result, Problem):
        _fail_deployment(engine, resources, result)
    elif engine.is_json:
        print_json(result)
    else:
        _print_deployment(result)
        if certificate:
            _print_certificate(result.certificate)


@click.command()
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option("--certificate", is_flag=True, help="Print what becomes of every element.")
@json_option
def lint(
    files: tuple[Path, ...],
    certificate: bool,  # noqa: FBT001 — click passes options by name
    is_json: bool,  # noqa: FBT001
) -> None:
    """Check diagrams without deploying them; needs no database.

    Prints each file's coverage certificate in short, or its violations with file and line; exit
    code 1 if one would be refused.
    """
    # Checking reads and writes nothing, so the database is one that never exists.
    service = EngineService(
        Database("sqlite://"), SystemClock(), EngineSettings.from_environment(os.environ)
    )
    checked = [_check(service, str(path), path.read_bytes()) for path in files]
    if is_json:
        print_json(checked)
    else:
        for one in checked:
            _print_checked(one)
            if certificate:
                _print_certificate(one.certificate)
    refused = sum(not one.is_accepted for one in checked)
    if refused:
        raise CommandFailedError(f"{refused} of {len(checked)} files would be refused.")


def collect_resources(paths: Iterable[Path]) -> list[Resource]:
    """Return the files of a deployment, folders with everything below them.

    Raises:
        CommandFailedError: There is no such file among them, or one cannot be read.
    """
    files: list[tuple[str, Path]] = []
    for path in paths:
        if path.is_dir():
            found = (one for one in sorted(path.rglob("*")) if one.suffix in _SUFFIXES)
            files += ((one.relative_to(path).as_posix(), one) for one in found)
        else:
            files.append((path.name, path))
    if not files:
        raise CommandFailedError(
            "Expected .bpmn, .form or .dmn files, but found none.", ExitCode.NOT_FOUND
        )
    try:
        return [Resource(name=name, content=path.read_bytes()) for name, path in files]
    except OSError as error:
        raise CommandFailedError(f"Expected readable files, but: {error}") from error


def _check(service: EngineService, file: str, content: bytes) -> _Checked:
    result = service.check(content, file)
    if isinstance(result, Refusal):
        return _Checked(
            file=file,
            is_accepted=False,
            violations=result.violations,
            certificate=result.certificate.entries,
            process_ids=(),
        )
    return _Checked(
        file=file,
        is_accepted=True,
        violations=result.warnings,
        certificate=result.certificate.entries,
        process_ids=tuple(process.id for process in result.processes),
    )


def _fail_deployment(
    engine: CommandContext, resources: Sequence[Resource], problem: Problem
) -> None:
    """Print why a deployment was refused, each violation with the file it is in."""
    checked = [
        _check(engine.service, resource.name, resource.content)
        for resource in resources
        if resource.name.endswith(_DIAGRAM)
    ]
    known = {violation for one in checked for violation in one.violations}
    others = tuple(one for one in problem.violations if one not in known)
    if engine.is_json:
        files = [one for one in checked if one.violations]
        print_json({"message": problem.message, "files": files, "violations": others})
    else:
        for one in checked:
            _print_violations(one.file, one.violations)
        _print_violations("deployment", others)
    raise CommandFailedError(problem.message, code_of(problem))


def _print_deployment(result: DeploymentResult) -> None:
    word = "Deployed" if result.is_new else "Unchanged"
    for definition in result.definitions:
        print_line(
            f"{word} {definition.process_id} version {definition.version} "
            f"({definition.resource_name}, key {definition.definition_key})"
        )
    for form in result.forms:
        print_line(f"{word} form {form.form_id} version {form.version} ({form.resource_name})")
    for decision in result.decisions:
        print_line(
            f"{word} decision {decision.decision_id} version {decision.version} "
            f"({decision.resource_name})"
        )
    print_line(_summary(result.certificate))
    for violation in result.warnings:
        print_line(_sentence("deployed", violation))


def _print_checked(checked: _Checked) -> None:
    _print_violations(checked.file, checked.violations)
    if checked.is_accepted:
        ids = ", ".join(checked.process_ids)
        print_line(f"{checked.file}: can be deployed ({ids}). {_summary(checked.certificate)}")
    else:
        print_line(f"{checked.file}: would be refused. {_summary(checked.certificate)}")


def _print_violations(file: str, violations: Iterable[Violation]) -> None:
    for violation in violations:
        print_error_line(_sentence(file, violation))


def _sentence(file: str, violation: Violation) -> str:
    place = file if violation.line is None else f"{file}:{violation.line}"
    element = "" if violation.element_id is None else f" {violation.element_id}:"
    return f"{place}: {violation.severity.value}:{element} {violation.message}"


def _summary(certificate: Sequence[CoverageEntry]) -> str:
    counts = Counter(entry.coverage for entry in certificate)
    parts = [f"{counts[coverage]} {coverage.value}" for coverage in Coverage if counts[coverage]]
    return f"Certificate: {', '.join(parts) or 'empty'}."


def _print_certificate(certificate: Sequence[CoverageEntry]) -> None:
    print_table(
        "Certificate",
        ("line", "element", "type", "coverage", "reason"),
        (
            (entry.line, entry.element_id, entry.element_type, entry.coverage, entry.reason)
            for entry in certificate
        ),
    )
