"""Camunda's own OpenAPI documents, taken out of the packages that Camunda publishes them in.

They are fetched by Maven into the cache of its own, read in place, and copied nowhere. Where Maven
or its registry is out of reach the tests that need one are skipped, and say so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest
import yaml

ORCHESTRATION = "io.camunda:zeebe-gateway-protocol:8.8.9:jar"
ENGINE_REST = "org.camunda.bpm:camunda-engine-rest-openapi:7.24.0:jar"
_FOLDER = Path(gettempdir()) / f"bpmn-engine-camunda-documents-{os.getuid()}"


def orchestration_document() -> Mapping[str, Any]:
    """Return the OpenAPI document of the Orchestration Cluster API of Camunda 8.8."""
    return _document(ORCHESTRATION, "rest-api.yaml")


def engine_rest_document() -> Mapping[str, Any]:
    """Return the OpenAPI document of the REST API of Camunda 7.24."""
    return _document(ENGINE_REST, "openapi.json")


@cache
def _document(artifact: str, member: str) -> Mapping[str, Any]:
    jar = _fetched(artifact)
    if jar is None:
        words = f"Expected Maven to fetch {artifact}, but it could not."
        if os.environ.get("CI") == "true" and shutil.which("mvn") is not None:
            pytest.fail(words)
        pytest.skip(words)
    with zipfile.ZipFile(jar) as archive:
        text = archive.read(member)
    return json.loads(text) if member.endswith(".json") else yaml.load(text, yaml.CSafeLoader)


def _fetched(artifact: str) -> Path | None:
    _, name, version, packaging = artifact.split(":")
    jar = _FOLDER / f"{name}-{version}.{packaging}"
    if not jar.exists() and shutil.which("mvn") is not None:
        _FOLDER.mkdir(exist_ok=True)
        subprocess.run(
            [
                "mvn",
                "-q",
                "-B",
                "dependency:copy",
                f"-Dartifact={artifact}",
                f"-DoutputDirectory={_FOLDER}",
            ],
            check=False,
            capture_output=True,
            cwd=_FOLDER,
            timeout=300,
        )
    return jar if jar.exists() else None
