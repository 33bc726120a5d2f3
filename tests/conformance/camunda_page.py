"""Writes docs/camunda-compatibility.md: `python -m tests.conformance.camunda_page`.

What is offered is read from the routes of the application; what is left out of an operation, from
the notes beside its route (`web.camunda.notes`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from bpmn_engine.clock import SystemClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from web.app import create_app
from web.camunda.eight.refusals import reason
from web.camunda.notes import NOTES
from web.camunda.seven import refusals
from web.camunda.seven.links import LINKS
from web.settings import WebSettings

PAGE = Path(__file__).parents[2] / "docs" / "camunda-compatibility.md"
OPERATIONS = Path(__file__).parent / "camunda_operations.toml"

_OPENING = """# Compatibility with Camunda's REST APIs

<!-- written by `python -m tests.conformance.camunda_page`; a test fails when it is out of date -->

Every operation of both APIs, with what becomes of it here: **yes**, **partly** with what is left
out (a request for that is refused, never half done), or **501**: not offered, which the answer
says, with the reason where there is one. How the engine behaves behind them:
[Camunda Modeler and Camunda's clients](camunda.md).
"""
_SEVEN = """The list is that of Camunda's OpenAPI document (`{source}`).
"""
_EIGHT = """The list is that of Camunda's own client for 8.10 (`{source}`), with the release that
has an operation first. The document that Camunda keeps for 8.10 lists 241: it lacks four newer
operations for the administration of a cluster, and still has one about agents.
"""

_NO_TENANTS = "there is one tenant, without an id: always 404"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of an API, and what becomes of it here."""

    method: str
    path: str
    since: str  #: release; empty for Camunda 7
    state: str  #: `yes`, `partly` or `501`
    note: str


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """Return the whole page."""
    known = tomllib.loads(OPERATIONS.read_text(encoding="utf-8"))
    offered = _offered(_application())
    seven = dict(_groups(known["seven"]["operations"], "/engine-rest", offered))
    eight = dict(_groups(known["eight"]["operations"], "/v2", offered))
    parts = [
        _OPENING,
        _summary((("7.24, `/engine-rest`", seven), ("8.8 to 8.10, `/v2`", eight))),
        "\n## Camunda 7.24, below `/engine-rest`\n",
        _SEVEN.format(source=known["seven"]["source"]),
        *(_section(name, operations) for name, operations in seven.items()),
        "\n## Camunda 8, below `/v2`\n",
        _EIGHT.format(source=known["eight"]["source"]),
        *(_section(name, operations) for name, operations in eight.items()),
    ]
    return "\n".join(parts).rstrip() + "\n"


def operations_of_seven() -> list[Operation]:
    """Return every operation of Camunda 7's API, and what becomes of it here."""
    return _operations("seven", "/engine-rest")


def operations_of_eight() -> list[Operation]:
    """Return every operation of Camunda 8's API, and what becomes of it here."""
    return _operations("eight", "/v2")


def _operations(version: str, prefix: str) -> list[Operation]:
    listed = tomllib.loads(OPERATIONS.read_text(encoding="utf-8"))[version]["operations"]
    groups = _groups(listed, prefix, _offered(_application()))
    return [each for _, operations in groups for each in operations]


def shape(path: str) -> str:
    """Return a path with its parameters made alike."""
    return re.sub(r"\{[^}]*\}|<[^>]*>", "{}", path)


def _application() -> Flask:
    service = EngineService(Database("sqlite://"), SystemClock(), EngineSettings())
    return create_app(WebSettings(secret_key="only the routes are read, nothing runs"), service)


def _offered(app: Flask) -> Mapping[tuple[str, str], str]:
    """Return method and shape of each route, with the note beside it, if there is one."""
    found: dict[tuple[str, str], str] = {}
    for rule in app.url_map.iter_rules():
        if rule.endpoint.endswith(".not_implemented"):
            continue
        view = app.view_functions[rule.endpoint]
        note = NOTES.get(f"{view.__module__}.{view.__qualname__}", "")
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            found[(method, shape(rule.rule))] = note
    return found | {("OPTIONS", shape(f"/engine-rest{path}")): "" for path in LINKS}


def _groups(
    listed: Mapping[str, Sequence[str]], prefix: str, offered: Mapping[tuple[str, str], str]
) -> Iterator[tuple[str, list[Operation]]]:
    for name, operations in sorted(listed.items()):
        yield name, [_operation(one, prefix, offered) for one in operations]


def _operation(written: str, prefix: str, offered: Mapping[tuple[str, str], str]) -> Operation:
    method, path, *since = written.split()
    address = path if path.startswith("/cluster/") else prefix + path
    note = offered.get((method, shape(address)))
    if note is not None and "{tenant-id}" in path:
        note = _NO_TENANTS
    state = "501" if note is None else "partly" if note else "yes"
    if note is None:
        place = path.removeprefix("/")
        note = reason(place) if since else refusals.reason(method, place)
    return Operation(method=method, path=path, since=" ".join(since), state=state, note=note or "")


def _summary(apis: Sequence[tuple[str, Mapping[str, list[Operation]]]]) -> str:
    lines = ["| Camunda | operations | yes | partly | 501 |", "|---|---|---|---|---|"]
    for name, groups in apis:
        every = [one for operations in groups.values() for one in operations]
        counts = [sum(one.state == state for one in every) for state in ("yes", "partly", "501")]
        lines.append(f"| {name} | {len(every)} | {' | '.join(map(str, counts))} |")
    return "\n".join(lines)


def _section(name: str, operations: Sequence[Operation]) -> str:
    has_since = any(one.since for one in operations)
    head = f"| operation |{' since |' if has_since else ''} | left out, or why |"
    rule = "|---|---|---|---|" if has_since else "|---|---|---|"
    rows = [
        f"| `{one.method} {one.path}` |{f' {one.since} |' if has_since else ''} {one.state} |"
        f" {one.note} |"
        for one in operations
    ]
    return "\n".join([f"\n### {name}\n", head, rule, *rows])


if __name__ == "__main__":
    main()
