"""The browser bundle, as the front-end build's manifest describes it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from markupsafe import Markup

#: Where the web server serves the bundle. The front-end build is given the same path.
BASE_PATH = "/static/dist/"

#: Entries loaded before the first paint, as classic scripts. They import nothing.
BLOCKING_ENTRIES = frozenset({"theme"})

MISSING_BUNDLE_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>The web interface is not built</title></head>
<body>
<h1>The web interface is not built</h1>
<p>Expected the browser bundle in <code>web/static/dist</code>, but its manifest is missing.</p>
<p>Install the project with <code>pip install .</code> and without
<code>BPMN_ENGINE_SKIP_FRONTEND</code>, or run <code>npm ci</code> and <code>npm run build</code>
in <code>web/frontend</code>.</p>
<p>The APIs work without it.</p>
</body>
</html>
"""


class BundleMissingError(Exception):
    """Expected the browser bundle's manifest, but the file is missing or is not readable.

    Answer pages with `MISSING_BUNDLE_PAGE` and status 503; the APIs go on without the bundle.
    """

    def __init__(self, manifest: Path) -> None:
        """Keep the path that was looked at."""
        super().__init__(f"Expected a front-end manifest at {manifest}, but found none to read.")
        self.manifest = manifest


class UnknownEntryError(LookupError):
    """Expected an entry of the bundle, but the manifest has no such one. A bug in a template."""

    def __init__(self, entry: str) -> None:
        """Keep the name that was asked for."""
        super().__init__(f"Expected an entry of the browser bundle, but {entry!r} is not one.")
        self.entry = entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one page part loads: its script, its style sheets and the chunks the script imports.

    All paths are absolute paths of the site. `chunks` and `styles` are in order of import.
    """

    script: str
    styles: tuple[str, ...]
    chunks: tuple[str, ...]
    is_blocking: bool

    def tags(self) -> Markup:
        """Return the elements for a page's head: style sheets, then preloads, the script last."""
        style = Markup('<link rel="stylesheet" href="{}">')
        preload = Markup('<link rel="modulepreload" href="{}">')
        script = Markup('<script type="module" src="{}"></script>')
        if self.is_blocking:
            script = Markup('<script src="{}"></script>')
        lines = [style.format(path) for path in self.styles]
        lines += [preload.format(path) for path in self.chunks]
        lines.append(script.format(self.script))
        return Markup("\n").join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetManifest:
    """The entries of one built bundle, by name: `shell`, which every page loads, and others."""

    entries: dict[str, Entry]

    @classmethod
    def load(cls, dist: Path) -> "AssetManifest":
        """Read `manifest.json` in the folder `dist`.

        Raises:
            BundleMissingError: The file is missing or not what the build writes; build again.
        """
        path = dist / "manifest.json"
        try:
            records = cast("dict[str, dict[str, object]]", json.loads(path.read_bytes()))
            return cls(
                entries={
                    str(record["name"]): _entry(records, key)
                    for key, record in records.items()
                    if record.get("isEntry")
                }
            )
        except (OSError, ValueError, KeyError) as error:
            raise BundleMissingError(path) from error

    def tags(self, entry: str) -> Markup:
        """Return the elements that load `entry`, safe to put into a page's head.

        Raises:
            UnknownEntryError: The bundle has no such entry; correct the template.
        """
        found = self.entries.get(entry)
        if found is None:
            raise UnknownEntryError(entry)
        return found.tags()

    @staticmethod
    def path(file_name: str) -> str:
        """Return the site path of a file whose name carries no hash, such as `logo.svg`."""
        return BASE_PATH + file_name


def _entry(records: dict[str, dict[str, object]], key: str) -> Entry:
    """Collect what `key` loads, each chunk once, depth first."""
    chunks: list[str] = []
    styles: list[str] = []
    agenda = [key]
    seen: set[str] = set()
    while agenda:
        current = agenda.pop(0)
        if current in seen:
            continue
        seen.add(current)
        record = records[current]
        styles += [BASE_PATH + name for name in cast("list[str]", record.get("css", []))]
        agenda += cast("list[str]", record.get("imports", []))
        if current != key:
            chunks.append(BASE_PATH + str(record["file"]))
    name = str(records[key]["name"])
    return Entry(
        script=BASE_PATH + str(records[key]["file"]),
        styles=tuple(dict.fromkeys(styles)),
        chunks=tuple(chunks),
        is_blocking=name in BLOCKING_ENTRIES,
    )
