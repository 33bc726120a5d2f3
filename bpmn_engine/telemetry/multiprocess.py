"""Metrics of several processes as one: each writes to files of one folder, any reads them all.

The folder is made by the parent of the processes before it starts them, and removed at its end.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable that tells processes the folder; Prometheus' library knows it, too."""


def open_folder() -> Path | None:
    """Make the folder and tell it to the processes that are started from now on.

    Returns None when whoever started this process has made one.
    """
    if os.environ.get(FOLDER_VARIABLE):
        return None
    folder = Path(tempfile.mkdtemp(prefix="bpmn-engine-metrics-"))
    os.environ[FOLDER_VARIABLE] = str(folder)
    return folder


def forget_process(process_id: int) -> None:
    """Forget what only a living process can tell; what it counted stays counted."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder:
        for file in Path(folder).glob(f"gauge_live*_{process_id}.db"):
            file.unlink(missing_ok=True)


def remove_folder(folder: Path | None) -> None:
    """Remove the folder that `open_folder` has made."""
    if folder is not None:
        os.environ.pop(FOLDER_VARIABLE, None)
        shutil.rmtree(folder, ignore_errors=True)
