"""The stream of changes for open pages: server-sent events at /live.

A change says only which topics are concerned; the page then reads again what it shows. Over the
cap of streams the answer is 204, upon which pages poll.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, json, request

from bpmn_engine.service.views import Change
from web.context import Principal, WebContext, principal, web_context
from web.gate import current_session
from web.permissions import Role
from web.sessions import Session, belongs_to

LIVE = Blueprint("live", __name__)

HEARTBEAT_SECONDS: Final = 15.0
LOOK_SECONDS: Final = 2.0
"""How often a quiet stream looks whether its reader has gone, so that it makes room for others."""

RETRY_MS: Final = 3000

_OPERATORS_ONLY: Final = frozenset({"incidents", "jobs", "migration", "migrations"})


@LIVE.get("/live")
def stream() -> Response:
    """Send `change` events with `{"topics": [...]}` from the caller's Last-Event-ID on."""
    context = web_context()
    latest = context.feed.subscribe(context.settings.stream_cap)
    if latest is None:
        return Response(status=HTTPStatus.NO_CONTENT)
    watch = _Watch(context, principal(), current_session(), _socket(request.environ))
    response = Response(
        _events(watch, _wanted_start(request.headers.get("Last-Event-ID"), latest)),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
    response.call_on_close(context.feed.unsubscribe)
    return response


def visible_topics(topics: Sequence[str], role: Role) -> list[str]:
    """Return the topics of a change that a caller of this role may know of.

    A topic names at most a key; what stands behind it is read under the caller's rights.
    """
    if role >= Role.OPERATOR:
        return list(topics)
    return [topic for topic in topics if topic.partition(":")[0] not in _OPERATORS_ONLY]


class _Watch:
    """For whom a stream runs, and whether it still may; used outside of the request."""

    def __init__(
        self,
        context: WebContext,
        who: Principal,
        session: Session | None,
        connection: socket.socket | None,
    ) -> None:
        self.feed = context.feed
        self._connection = connection
        self.role = who.role
        self._context = context
        self._user_id = who.user_id
        self._session = session

    def changes(self, after: int) -> Sequence[Change] | None:
        """Wait for changes; none after a heartbeat's time, None when the reader has gone."""
        for _ in range(round(HEARTBEAT_SECONDS / LOOK_SECONDS)):
            changes = self.feed.after(after, LOOK_SECONDS)
            if changes:
                return changes
            if self._is_gone():
                return None
        return ()

    def _is_gone(self) -> bool:
        """Whether the other side has closed the connection, as far as the server shows it."""
        if self._connection is None:
            return False
        try:
            return not self._connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def may_go_on(self) -> bool:
        """Whether the account is still active and the session, if there is one, still lasts."""
        if self._session is None:
            user = self._context.service.user(self._user_id)
            return user is not None and user.is_active
        user = self._context.service.session_user(self._user_id, self._session.serial)
        if user is None:
            return False
        ends_at = self._session.began_at + self._context.settings.session_lifetime
        return self._context.now() < ends_at and belongs_to(self._session, user)


def _wanted_start(last_event_id: str | None, latest: int) -> int:
    """Return after which change to begin: a number from the future begins now."""
    if last_event_id is None or not (last_event_id.isascii() and last_event_id.isdigit()):
        return latest
    return min(int(last_event_id[:19]), latest)


def _events(watch: _Watch, start: int) -> Iterator[bytes]:
    position = start
    yield f"retry: {RETRY_MS}\nid: {position}\n\n".encode()
    while True:
        changes = watch.changes(position)
        if changes is None:
            return
        if not changes:
            if not watch.may_go_on():
                return
            yield b": still here\n\n"
            continue
        position = changes[-1].sequence
        topics = visible_topics(_topics(changes), watch.role)
        if topics:
            text = json.dumps({"topics": topics})
            yield f"id: {position}\nevent: change\ndata: {text}\n\n".encode()


def _socket(environ: Mapping[str, object]) -> socket.socket | None:
    """Return the connection of a request, where the server gives it away in clear."""
    found = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    return found if type(found) is socket.socket else None


def _topics(changes: Sequence[Change]) -> list[str]:
    """Return the topics of all changes, each once, in order."""
    return list(dict.fromkeys(topic for change in changes for topic in change.topics))
