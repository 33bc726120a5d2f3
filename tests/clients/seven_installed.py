"""Installs the client library of Camunda 7 for Node, once a run, from its lock file."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.missing import missing

FOLDER = Path(__file__).parent / "seven"


def installed_client(folder: Path) -> Path:
    """Return a copy of the client's folder with what its lock file names; skip without Node."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        missing("Expected Node and npm to run Camunda's own client, but they are not here.")
    for name in ("package.json", "package-lock.json", ".npmrc", "worker.mjs"):
        shutil.copy(FOLDER / name, folder / name)
    done = subprocess.run(
        ["npm", "ci", "--no-progress"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode != 0:
        missing(f"Expected npm to install Camunda's own client, but: {done.stderr[-500:]}")
    return folder
