"""What a request handler works with: the engine's service, the settings, the caller."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import current_app, g

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import Caller
from bpmn_engine.telemetry.instruments import NO_INSTRUMENTS, Instruments
from bpmn_engine.views.queues import Readiness
from web.accounts import PasswordMemory
from web.live_feed import LiveFeed
from web.permissions import Role
from web.rate_limits import RateLimit
from web.settings import WebSettings
from web.token_memory import TokenMemory

_EXTENSION = "bpmn_engine"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebContext:
    """Everything one application holds; made once by `web.app.create_app`."""

    settings: WebSettings
    service: EngineService
    now: Callable[[], dt.datetime]  #: aware UTC
    login_limit: RateLimit
    passwords: PasswordMemory
    tokens: TokenMemory
    request_limit: RateLimit | None  #: None = no limit
    feed: LiveFeed
    instruments: Instruments = NO_INSTRUMENTS
    readiness: Callable[[], Readiness]  #: of all parts of this process


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who makes the request, proved by a session or an API token."""

    user_id: str
    display_name: str
    role: Role
    groups: frozenset[str]
    token_key: int | None = None  #: None when proved by a session

    @property
    def caller(self) -> Caller:
        """Return how the service knows this principal."""
        return Caller(
            user_id=self.user_id, groups=self.groups, sees_all=self.role >= Role.OPERATOR
        )

    @property
    def may_operate(self) -> bool:
        """Whether instances and incidents may be changed."""
        return self.role >= Role.OPERATOR

    @property
    def may_deploy(self) -> bool:
        """Whether definitions may be deployed."""
        return self.role >= Role.OPERATOR

    @property
    def is_administrator(self) -> bool:
        """Whether users and tokens may be administered."""
        return self.role >= Role.ADMINISTRATOR


def web_context() -> WebContext:
    """Return what the current application holds."""
    return cast("WebContext", current_app.extensions[_EXTENSION])


def attach(extensions: dict[str, object], context: WebContext) -> None:
    """Give an application its context; called once by `web.app.create_app`."""
    extensions[_EXTENSION] = context


def service() -> EngineService:
    """Return the engine's service."""
    return web_context().service


def now() -> dt.datetime:
    """Return the current time of the application's clock, aware UTC."""
    return web_context().now()


def principal() -> Principal:
    """Return who makes the request; only called behind an endpoint that requires a role."""
    return cast("Principal", g.principal)


def principal_or_none() -> Principal | None:
    """Return who makes the request, or None when nobody is logged in."""
    return cast("Principal | None", g.get("principal"))


def request_id() -> str:
    """Return the number of the current request; it stands in the access log."""
    return str(g.get("request_id", ""))
