"""People and programs that go on using the REST API and remember its answers."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from typing import Final

import httpx

from bpmn_engine.values import JsonValue
from tests.diagrams import (
    Element,
    boundary,
    call,
    catch,
    end,
    message,
    parallel,
    process,
    receive,
    service,
    start,
    timer,
    times,
    user,
)

CROWD: Final = 250
"""Instances of an activity that is interrupted: more than are terminated in one transaction."""


def effect(step: str, kind: str) -> Element:
    """Return a service task that does something outside, for a mark, in one of two ways."""
    return service(
        "bpmn-engine:http:1",
        inputs={
            "profile": f'"{kind}"',
            "method": '"POST"',
            "url": f'"{step}"',
            "body": "{mark: mark}",
        },
        # Without it the answer's headers would be variables, and input of the next request.
        outputs={"code": "status"},
    )


def files(crowd: int) -> Mapping[str, bytes]:
    """Return the processes that are run, by name; so many elements are interrupted together."""
    return {
        "p": process(
            "s -> before -> f",
            "f -> approve -> j",
            "f -> paid -> take -> j",
            "j -> c -> tick -> crowd -> e2",
            "late -> after -> e",
            "remind -> g",
            process_id="p",
            s=start(),
            before=effect("before", "plain"),
            f=parallel(),
            approve=user(),
            remind=boundary("approve", timer(duration="PT1S"), interrupting=False),
            g=end(),
            paid=catch(message("paid", "mark")),
            take=effect("take", "once"),
            j=parallel(),
            c=call("called"),
            tick=catch(timer(duration="PT1S")),
            crowd=receive(message("nobody", "mark"), loop=times(str(crowd))),
            late=boundary("crowd", timer(duration="PT1S")),
            after=effect("after", "once"),
            e=end(),
            e2=end(),
        ),
        "called": process(
            "s -> within -> e",
            process_id="called",
            s=start(),
            within=effect("within", "plain"),
            e=end(),
        ),
    }


FILES: Final = files(CROWD)
"""The processes that are run, by name."""

STEPS: Final = ("before", "take", "within", "after")
"""The steps of each instance that have an effect outside."""

MOST_OPEN: Final = 25
_EXPECTED: Final = frozenset({200, 201, 204, 404, 409, 429, 503})
"""A request may have been done by a process that died before it could say so."""


class Load:
    """Several threads that start instances, send messages and do tasks."""

    def __init__(self, url: str, token: str, seed: int, threads: int = 2) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._client = httpx.Client(
            base_url=f"{url}/api/v1", headers=headers, timeout=15, trust_env=False
        )
        self._lock = threading.Lock()
        self._is_ending = threading.Event()
        self._threads = [
            threading.Thread(target=self._use, args=(random.Random(seed + number),))  # noqa: S311
            for number in range(threads)
        ]
        self.may_start = threading.Event()
        self.may_start.set()
        self.answered = 0
        self.sent: set[str] = set()  #: marks of starts that were asked for, each once
        self.started: dict[str, str] = {}  #: mark -> key, acknowledged
        self.paid: set[str] = set()  #: marks of acknowledged messages
        self.completed: set[str] = set()  #: tasks, acknowledged
        self.ended: set[str] = set()  #: marks of instances that were seen to have ended
        self.unexpected: list[str] = []

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def go_to(self, url: str) -> None:
        """Ask another web process from now on, as a load balancer lets everybody do."""
        self._client.base_url = f"{url}/api/v1"

    def stop(self) -> None:
        """End."""
        self._is_ending.set()
        for thread in self._threads:
            thread.join(60)
        self._client.close()

    def _use(self, chance: random.Random) -> None:
        while not self._is_ending.is_set():
            if self.may_start.is_set() and len(self.started) - len(self.ended) < MOST_OPEN:
                self._start(f"M-{chance.getrandbits(60):x}")
            self._pay(chance)
            self._work_off_tasks(chance)

    def _start(self, mark: str) -> None:
        with self._lock:
            self.sent.add(mark)
        answer = self._ask(
            "POST", "/process-instances", {"process_id": "p", "variables": {"mark": mark}}
        )
        if answer is not None and answer.is_success:
            with self._lock:
                self.started[mark] = answer.json()["key"]

    def _pay(self, chance: random.Random) -> None:
        """Send a message until it is acknowledged; its id tells that it comes again."""
        with self._lock:
            # Whoever has heard nothing of a start pays too: it may have been done.
            unpaid = sorted(self.sent - self.paid)
        for mark in chance.sample(unpaid, min(3, len(unpaid))):
            body = {
                "name": "paid",
                "correlation_key": mark,
                "message_id": mark,
                "time_to_live_seconds": 86_400,
            }
            answer = self._ask("POST", "/messages", body)
            if answer is not None and answer.is_success:
                with self._lock:
                    self.paid.add(mark)

    def _work_off_tasks(self, chance: random.Random) -> None:
        listed = self._ask("GET", "/user-tasks?scope=all&limit=10")
        if listed is None or not listed.is_success:
            return
        items = listed.json()["items"]
        for task in chance.sample(items, min(3, len(items))):
            key = task["key"]
            claimed = self._ask("POST", f"/user-tasks/{key}/claim")
            if claimed is None or not claimed.is_success:
                continue
            done = self._ask("POST", f"/user-tasks/{key}/completion", {"variables": {}})
            if done is not None and done.is_success:
                with self._lock:
                    self.completed.add(key)

    def _ask(
        self, method: str, path: str, body: Mapping[str, JsonValue] | None = None
    ) -> httpx.Response | None:
        """Return the answer, or None when none came: then nothing is known."""
        try:
            answer = self._client.request(method, path, json=body)
        except httpx.TransportError:
            self._is_ending.wait(0.05)
            return None
        with self._lock:
            self.answered += 1
            if answer.status_code not in _EXPECTED:
                said = f"{method} {path}: {answer.status_code} {answer.text[:300]}"
                self.unexpected.append(said)
        if answer.status_code in {429, 503}:
            self._is_ending.wait(0.1)
        return answer
