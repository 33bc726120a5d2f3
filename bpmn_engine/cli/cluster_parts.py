"""The running parts of a cluster for trying out: started one after the other, watched, stopped."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterable
from typing import Final

from bpmn_engine.cli.cluster_processes import Part
from bpmn_engine.cli.exit_codes import CommandFailedError, ExitCode
from bpmn_engine.cli.printing import print_error_line

_LOOK_SECONDS: Final = 0.3
_HEALTH_SECONDS: Final = 2.0
_STOP_SECONDS: Final = 20.0


class StoppedError(Exception):
    """Expected to go on, but was asked to stop."""


class Cluster:
    """Parts in the order in which they are started; the first ends last."""

    def __init__(self, stopped: threading.Event) -> None:
        self._stopped = stopped
        self._parts: list[Part] = []

    @property
    def parts(self) -> tuple[Part, ...]:
        """What was started."""
        return tuple(self._parts)

    def start(self, parts: Iterable[Part], *, give_up_seconds: float) -> None:
        """Start parts together and wait until each can do its work.

        Raises:
            CommandFailedError: One ended or took too long; the message shows its last words.
            StoppedError: Somebody asked to stop.
        """
        new = tuple(parts)
        for part in new:
            part.program.start()
            self._parts.append(part)
        give_up_at = time.monotonic() + give_up_seconds
        while not all(part.is_well for part in new):
            if self._stopped.wait(_LOOK_SECONDS):
                raise StoppedError
            for part in new:
                part.look()
                if not part.program.is_running:
                    raise _did_not_start(part, part.program.end_in_words())
                if not part.is_well and time.monotonic() > give_up_at:
                    raise _did_not_start(part, part.health)

    def watch(self) -> None:
        """Start again what ends, and say so, until somebody asks to stop."""
        ask_at = 0.0
        while not self._stopped.wait(_LOOK_SECONDS):
            self._tell(part.program.look() for part in self._parts)
            if time.monotonic() >= ask_at:
                self._tell(part.look() for part in self._parts)
                ask_at = time.monotonic() + _HEALTH_SECONDS

    def stop(self, *, is_server: Callable[[Part], bool]) -> None:
        """End everything gracefully: what serves and works first, then its servers."""
        for chosen in (
            [part for part in self._parts if not is_server(part)],
            *([part] for part in reversed(self._parts) if is_server(part)),
        ):
            for part in chosen:
                part.program.ask_to_stop()
            for part in chosen:
                if not part.program.await_end(_STOP_SECONDS):
                    self._tell([f"{part.program.name} did not end in time and was killed"])

    def _tell(self, texts: Iterable[str | None]) -> None:
        for text in texts:
            if text is not None:
                now = dt.datetime.now(dt.UTC).astimezone()
                print_error_line(f"{now:%H:%M:%S} {text}")


def _did_not_start(part: Part, why: str) -> CommandFailedError:
    program = part.program
    return CommandFailedError(
        f"Expected {program.name} to start, but it {why}. The end of {program.log}:\n"
        f"{program.last_words()}",
        ExitCode.UNAVAILABLE,
    )
