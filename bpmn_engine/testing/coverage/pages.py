"""Writes the coverage as files: a picture for each process, and a page that shows them all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Final

from bpmn_engine.parser.diagram_interchange import read_planes
from bpmn_engine.testing.coverage.drawing import draw_coverage
from bpmn_engine.testing.coverage.tally import ProcessCoverage, Share

INDEX: Final = "index.html"
_LONGEST_NAME: Final = 80

_HEAD: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self'; \
style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Path coverage</title>
<style>
body { font: 16px/1.5 sans-serif; margin: 2rem; color: #1a1a1a; background: #fff; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: 0.3rem 1rem 0.3rem 0; border-bottom: 1px solid #767676; }
img { max-width: 100%; height: auto; border: 1px solid #767676; }
a { color: #0b4f9e; }
</style>
</head>
<body>
<h1>Path coverage</h1>
<p>Which elements and sequence flows the cases passed.</p>
"""


def write_pages(folder: Path, coverage: Sequence[ProcessCoverage]) -> Path:
    """Write the pictures and the page into a folder, made if it is not there; return the page.

    Raises:
        OSError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = _file_names(coverage)
    drawn: list[bool] = []
    for one, name in zip(coverage, names, strict=True):
        planes = read_planes(one.process.xml)
        drawn.append(any(plane.shapes for plane in planes))
        (folder / name).write_bytes(draw_coverage(one, planes))
    parts = [_HEAD, *_table(coverage), *_sections(coverage, names, drawn), "</body>\n</html>\n"]
    page = folder / INDEX
    page.write_text("".join(parts), encoding="utf-8")
    return page


def _file_names(coverage: Sequence[ProcessCoverage]) -> list[str]:
    """Return a name for each picture: only letters, digits, `_` and `-`, and each once."""
    names: list[str] = []
    for one in coverage:
        plain = re.sub(r"[^A-Za-z0-9_-]", "_", one.process.elements.process_id)
        name, number = plain[:_LONGEST_NAME] or "_", 1
        while f"{name}.svg".lower() in {other.lower() for other in names}:
            number += 1
            name = f"{plain[:_LONGEST_NAME]}-{number}"
        names.append(f"{name}.svg")
    return names


def _table(coverage: Sequence[ProcessCoverage]) -> Iterable[str]:
    yield (
        "<table>\n<thead><tr><th scope='col'>Process</th><th scope='col'>Elements</th>"
        "<th scope='col'>Sequence flows</th></tr></thead>\n<tbody>\n"
    )
    for number, one in enumerate(coverage):
        yield (
            f"<tr><th scope='row'><a href='#p{number}'>{_title(one)}</a></th>"
            f"<td>{_share(one.element_share)}</td><td>{_share(one.flow_share)}</td></tr>\n"
        )
    yield "</tbody>\n</table>\n"


def _sections(
    coverage: Sequence[ProcessCoverage], names: Sequence[str], drawn: Sequence[bool]
) -> Iterable[str]:
    for number, (one, name, is_drawn) in enumerate(zip(coverage, names, drawn, strict=True)):
        yield f"<section id='p{number}'>\n<h2>{_title(one)}</h2>\n"
        if is_drawn:
            yield (
                f"<p><a href='{name}'><img src='{name}' alt='Diagram of {_title(one)} with what "
                "was passed; the same in words is below'></a></p>\n"
            )
        else:
            yield "<p>The file holds no drawing of it.</p>\n"
        elements = [element.label for element in one.missing_elements]
        flows = [
            f"{flow.flow_id}: {flow.source} to {flow.target}"
            + ("" if flow.name is None else f' "{flow.name}"')
            for flow in one.missing_flows
        ]
        yield from _list("Elements that no case passed", elements)
        yield from _list("Sequence flows that no case passed", flows)
        yield "</section>\n"


def _list(heading: str, words: Sequence[str]) -> Iterable[str]:
    if not words:
        yield f"<p>{heading}: none.</p>\n"
        return
    yield f"<h3>{heading}</h3>\n<ul>\n"
    yield from (f"<li>{escape(word)}</li>\n" for word in words)
    yield "</ul>\n"


def _title(one: ProcessCoverage) -> str:
    elements = one.process.elements
    return escape(elements.name or elements.process_id)


def _share(share: Share) -> str:
    return escape(str(share))
