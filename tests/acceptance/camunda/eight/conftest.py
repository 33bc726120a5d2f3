"""A running application that real clients can reach, and Camunda's JavaScript clients."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import pytest

from tests.acceptance.camunda.eight.world import FILES, signed_in
from tests.acceptance.site import PASSWORD, Site, running_site
from tests.missing import missing

CLIENTS = Path(__file__).parents[3] / "clients" / "eight"


@pytest.fixture
def site(tmp_path: Path):
    """A running application with the demo's users and no process."""
    with running_site(tmp_path) as running:
        yield running


@pytest.fixture
def carol(site: Site) -> httpx.Client:
    """An operator who sends name and password."""
    return signed_in(site)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """The files of one deployment."""
    paths = []
    for name, content in FILES:
        paths.append(tmp_path / name)
        paths[-1].write_bytes(content)
    return paths


@pytest.fixture(scope="session")
def javascript() -> Callable[[str, Mapping[str, str], list[Path]], subprocess.CompletedProcess]:
    """Runs a script with Camunda's clients as they are installed from their lock file."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        missing("Expected Node.js and npm, but there are none.")
    if not (CLIENTS / "node_modules").exists():
        made = subprocess.run(
            [npm, "ci"], cwd=CLIENTS, check=False, capture_output=True, text=True, timeout=300
        )
        if made.returncode:
            missing(f"Expected npm to install the clients, but: {made.stderr[-300:]}")

    def run(
        script: str, environment: Mapping[str, str], arguments: list[Path]
    ) -> subprocess.CompletedProcess:
        return subprocess.run(
            [node, script, *map(str, arguments)],
            cwd=CLIENTS,
            env={**os.environ, **environment},
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def basic(site: Site) -> dict[str, str]:
    """Return the settings of a client that sends name and password."""
    return {
        "CAMUNDA_REST_ADDRESS": site.url,
        "ZEEBE_REST_ADDRESS": site.url,
        "CAMUNDA_AUTH_STRATEGY": "BASIC",
        "CAMUNDA_BASIC_AUTH_USERNAME": "carol",
        "CAMUNDA_BASIC_AUTH_PASSWORD": PASSWORD,
        "CAMUNDA_SDK_VALIDATION": "req:strict,res:strict",
    }


def by_oauth(site: Site, secret: str) -> dict[str, str]:
    """Return the settings of a client that gets short-lived tokens."""
    return {
        **basic(site),
        "CAMUNDA_AUTH_STRATEGY": "OAUTH",
        "CAMUNDA_OAUTH_URL": f"{site.url}/oauth/token",
        "CAMUNDA_CLIENT_ID": "robot",
        "CAMUNDA_CLIENT_SECRET": secret,
        "ZEEBE_CLIENT_ID": "robot",
        "ZEEBE_CLIENT_SECRET": secret,
        "CAMUNDA_TOKEN_DISK_CACHE_DISABLE": "true",
    }
