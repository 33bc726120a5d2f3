"""Writes the table of docs/extensions.md: `python -m tests.conformance.extensions_page`."""

from __future__ import annotations

from pathlib import Path

from bpmn_engine.parser.executed_extensions import EXECUTED_EXTENSIONS, PARTS
from bpmn_engine.parser.support import (
    DOCUMENTED_EXTENSIONS,
    REFUSED_EXTENSIONS,
    WARNED_EXTENSIONS,
)

PAGE = Path(__file__).parents[2] / "docs" / "extensions.md"
OPENING = "<!-- extensions, written by `python -m tests.conformance.extensions_page` -->"
CLOSING = "<!-- end of the extensions -->"


def main() -> None:
    """Write the table between the marks of the page."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(OPENING)
    _, _, after = rest.partition(CLOSING)
    PAGE.write_text(f"{before}{OPENING}\n{table()}\n{CLOSING}{after}", encoding="utf-8")


def table() -> str:
    """Return every extension with what becomes of it."""
    rows = {name: ("executed", said) for name, said in EXECUTED_EXTENSIONS.items()}
    rows |= {name: ("documentation", said) for name, said in DOCUMENTED_EXTENSIONS.items()}
    rows |= {
        name: ("documentation, with a warning", said) for name, said in WARNED_EXTENSIONS.items()
    }
    rows |= {name: ("refused", said) for name, said in REFUSED_EXTENSIONS.items()}
    for name in EXECUTED_EXTENSIONS:
        also = DOCUMENTED_EXTENSIONS.get(name) or REFUSED_EXTENSIONS.get(name)
        if also is not None:
            fate = "executed" if name in DOCUMENTED_EXTENSIONS else "executed, elsewhere refused"
            rows[name] = (fate, f"{EXECUTED_EXTENSIONS[name]}; elsewhere: {also}")
    rows |= {name: ("part", f"of `{whole}`") for name, whole in PARTS.items()}
    lines = [f"| `{name}` | {fate} | {said} |" for name, (fate, said) in sorted(rows.items())]
    return "\n".join(["| extension | | what becomes of it |", "|---|---|---|", *lines])


if __name__ == "__main__":
    main()
