"""Log lines: text for people, or one JSON object a line with the keys as members of their own.

All of the engine's lines say what happened as `key=value`, such as `instance=4711 job=4712
outcome=completed`; for JSON these are read back, so that a line is written in one way only.
"""

from __future__ import annotations

import ast
import datetime as dt
import json
import logging
import re
import sys
from typing import Final

from typing_extensions import override

from bpmn_engine.telemetry.settings import TelemetrySettings

_TEXT: Final = "time=%(asctime)s level=%(levelname)s logger=%(name)s %(message)s"
_PAIR: Final = re.compile(r"""(?:^|\s)([a-z_]+)=('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\S*)""")
_CHATTY: Final = ("httpx", "mail.log")
_OWN: Final = frozenset({"time", "level", "logger", "message", "exception"})


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        at = dt.datetime.fromtimestamp(record.created, tz=dt.UTC)
        line: dict[str, str] = {
            "time": at.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": message,
        }
        for name, value in _PAIR.findall(message):
            line[f"{name}_" if name in _OWN else name] = _read(value)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def start_logging(settings: TelemetrySettings) -> None:
    """Log one line per outcome to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    is_json = settings.log_format == "json"
    handler.setFormatter(JsonLines() if is_json else logging.Formatter(_TEXT))
    logging.basicConfig(level=settings.level, handlers=[handler])
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _read(value: str) -> str:
    """Return a value without the quotes that `%r` has put around it."""
    if value[:1] not in {"'", '"'}:
        return value
    try:
        return str(ast.literal_eval(value))
    except (ValueError, SyntaxError):
        return value
