"""Group commit: what many threads ask for at the same time is done in one transaction.

A caller that finds nobody at work does its own at once. Those who come meanwhile wait, and the
first of them then does all that has gathered. So a batch has one item while there is little to do,
and as many as have come during the last transaction when there is much. Where that is more than
one transaction should do, the rest is done in the next.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from threading import Event, Lock
from typing import Generic, TypeVar

_LOG = logging.getLogger(__name__)

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class _Call(Generic[Item, Answer]):
    """What one caller has asked for."""

    __slots__ = ("answers", "error", "items", "leads", "woken")

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self.woken = Event()
        self.leads = False  #: whether it does its own, and what has gathered
        self.answers: list[Answer] = []
        self.error: BaseException | None = None

    @property
    def rest(self) -> Sequence[Item]:
        """What has no answer yet."""
        return self.items[len(self.answers) :]


class GroupCommit(Generic[Item, Answer]):
    """Gathers the items of many callers. Thread-safe."""

    def __init__(
        self,
        run: Callable[[Sequence[Item]], Sequence[Answer]],
        *,
        most: Callable[[], int],
        at_once: int = 1,
    ) -> None:
        """Prepare to gather.

        Args:
            run: Does items in one transaction and answers in their order, at least the first;
                it is called again with those that it has not answered. What it raises has
                changed nothing: it must not raise after its commit, nor when nobody can tell
                whether there was one.
            most: Items of the next transaction; a caller that brings more has one of its own.
            at_once: Transactions that may run at the same time.
        """
        self._run = run
        self._most = most
        self._free = at_once
        self._lock = Lock()
        self._waiting: deque[_Call[Item, Answer]] = deque()

    def __call__(self, items: Sequence[Item]) -> Sequence[Answer]:
        """Do items, with those of others; return their answers.

        Raises:
            Exception: what `run` raises for these items alone.
        """
        call: _Call[Item, Answer] = _Call(items)
        with self._lock:
            if self._free:
                self._free -= 1
                call.leads = True
            else:
                self._waiting.append(call)
        if not call.leads:
            call.woken.wait()
        if call.leads:
            self._lead(call)
        if call.error is not None:
            raise call.error
        return call.answers

    def _lead(self, own: _Call[Item, Answer]) -> None:
        """Do one's own and what has gathered, then let the first of those who wait lead."""
        calls = self._with_others(own)
        try:
            self._do(calls)
        except BaseException as error:
            for call in calls:
                call.error = error
            raise
        finally:
            for call in calls:
                call.woken.set()
            self._hand_over()

    def _with_others(self, own: _Call[Item, Answer]) -> list[_Call[Item, Answer]]:
        calls = [own]
        count, most = len(own.items), self._most()
        with self._lock:
            while self._waiting and count + len(self._waiting[0].items) <= most:
                calls.append(self._waiting.popleft())
                count += len(calls[-1].items)
        return calls

    def _hand_over(self) -> None:
        with self._lock:
            if not self._waiting:
                self._free += 1
                return
            following = self._waiting.popleft()
            following.leads = True
        following.woken.set()

    def _do(self, calls: Sequence[_Call[Item, Answer]]) -> None:
        while open_calls := [call for call in calls if call.rest]:
            try:
                answers = iter(self._run([item for call in open_calls for item in call.rest]))
            except Exception as error:  # noqa: BLE001 — raised again, in the caller's thread
                self._one_by_one(open_calls, error)
                return
            for call in open_calls:
                call.answers.extend(islice(answers, len(call.rest)))

    def _one_by_one(self, calls: Sequence[_Call[Item, Answer]], error: Exception) -> None:
        """Do each caller's items alone: the error belongs to one of them, or to all."""
        if len(calls) == 1:
            calls[0].error = error
            return
        _LOG.warning("outcome=done_one_by_one reason=%r count=%s", str(error), len(calls))
        for call in calls:
            try:
                while call.rest:
                    call.answers.extend(self._run(call.rest))
            except Exception as own:  # noqa: BLE001 — as above
                call.error = own
