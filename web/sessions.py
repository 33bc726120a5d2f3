"""Log-in sessions in a signed cookie: rotated at log-in, with idle and absolute timeouts.

The cookie holds no secret. It names the user and a fingerprint of the password hash, so that a
changed password, a disabled account or a logged-out session ends it. See docs/decisions/0005.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from flask import session

from bpmn_engine.service.views import UserView
from web.settings import WebSettings

COOKIE: Final = "bpmn_engine_session"

_USER: Final = "user"
_SERIAL: Final = "serial"
_BEGAN: Final = "began"
_SEEN: Final = "seen"
_FINGERPRINT: Final = "fingerprint"
_CSRF: Final = "csrf"

SEEN_STEP_SECONDS = 60
"""The cookie is renewed when its last use is at least this long ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What the cookie of a request says; not yet compared with the account."""

    user_id: str
    serial: str
    fingerprint: str
    began_at: dt.datetime
    seen_at: dt.datetime


def begin_session(user: UserView, now: dt.datetime) -> None:
    """Log `user` in: throw the old session away, token included, and begin a new one."""
    session.clear()
    session.permanent = True
    session[_USER] = user.user_id
    session[_SERIAL] = secrets.token_urlsafe(16)
    session[_FINGERPRINT] = fingerprint(user)
    session[_BEGAN] = int(now.timestamp())
    session[_SEEN] = int(now.timestamp())


def end_session() -> None:
    """Log out: the browser is told to forget everything."""
    session.clear()


def read_session(settings: WebSettings, now: dt.datetime) -> Session | None:
    """Return the session of the request, or None when there is none or its time is over."""
    user_id, serial = session.get(_USER), session.get(_SERIAL)
    began, seen, mark = session.get(_BEGAN), session.get(_SEEN), session.get(_FINGERPRINT)
    if not (isinstance(user_id, str) and isinstance(serial, str) and isinstance(mark, str)):
        return None
    if not (isinstance(began, int) and isinstance(seen, int)):
        return None
    found = Session(
        user_id=user_id,
        serial=serial,
        fingerprint=mark,
        began_at=dt.datetime.fromtimestamp(began, dt.UTC),
        seen_at=dt.datetime.fromtimestamp(seen, dt.UTC),
    )
    if now >= found.began_at + settings.session_lifetime:
        return None
    if now >= found.seen_at + settings.session_idle:
        return None
    return found


def touch_session(found: Session, now: dt.datetime) -> bool:
    """Note the use of a session; return whether the cookie is sent again."""
    if (now - found.seen_at).total_seconds() < SEEN_STEP_SECONDS:
        return False
    session[_SEEN] = int(now.timestamp())
    return True


def belongs_to(found: Session, user: UserView) -> bool:
    """Whether the account may still use this session."""
    return user.is_active and hmac.compare_digest(found.fingerprint, fingerprint(user))


def fingerprint(user: UserView) -> str:
    """Return a short digest that changes with the user's password."""
    return hashlib.sha256((user.password_hash or "").encode()).hexdigest()[:32]


def csrf_token() -> str:
    """Return the session's token against forged requests, made at its first use."""
    token = session.get(_CSRF)
    if not isinstance(token, str):
        token = secrets.token_urlsafe(32)
        session[_CSRF] = token
    return token


def is_csrf_token(text: str) -> bool:
    """Whether `text` is the session's token; compared in constant time."""
    token = session.get(_CSRF)
    return isinstance(token, str) and hmac.compare_digest(token.encode(), text.encode())
