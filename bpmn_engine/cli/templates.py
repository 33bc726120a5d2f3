"""`bpmn-engine export-templates`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

import click

from bpmn_engine.cli.engine_options import json_option
from bpmn_engine.cli.exit_codes import CommandFailedError
from bpmn_engine.cli.printing import print_json, print_line
from bpmn_engine.workers.catalogue import AdapterCatalogue, element_template

_CAMUNDA_8: Final = "c8"


@click.command()
@click.option(
    "--platform",
    type=click.Choice(["c7", _CAMUNDA_8]),
    required=True,
    help="The flavour of the diagrams: Camunda 7 or Camunda 8.",
)
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The folder to write to; made if it is not there.",
)
@json_option
def export_templates(
    platform: str,
    folder: Path,
    is_json: bool,  # noqa: FBT001 — click passes options by name
) -> None:
    """Write the element templates of all adapters, for Camunda Modeler.

    One file per adapter; put the folder below `resources/element-templates` of the modeler.
    """
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for adapter in AdapterCatalogue().adapters():
            name = re.sub(r"[^A-Za-z0-9]+", "-", adapter.meta.job_type).strip("-")
            path = folder / f"{name}.json"
            template = element_template(adapter, is_camunda_8=platform == _CAMUNDA_8)
            path.write_text(
                json.dumps(template, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
            )
            written.append(path)
    except OSError as error:
        raise CommandFailedError(f"Expected a folder to write to, but: {error}") from error
    if is_json:
        print_json({"platform": platform, "files": [str(path) for path in written]})
        return
    for path in written:
        print_line(f"Wrote {path}")
