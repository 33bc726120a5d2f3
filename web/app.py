"""The composition root of the web application: everything is made and joined here."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.telemetry.instruments import NO_INSTRUMENTS, Instruments
from bpmn_engine.views.queues import Readiness
from web import presentation
from web.access_log import register_access_log
from web.accounts import PasswordMemory
from web.api.dashboard import DASHBOARD
from web.api.decisions import DECISIONS
from web.api.deployments import DELETIONS, DEPLOYMENTS
from web.api.expressions import EXPRESSIONS
from web.api.history import ARCHIVE, LEGAL_HOLDS, RETENTION
from web.api.identity import ME, TOKENS, USERS
from web.api.incidents import INCIDENTS
from web.api.jobs import JOBS
from web.api.lint import LINT
from web.api.messages import CONDITIONS, MESSAGES, SIGNALS
from web.api.migrations import MIGRATIONS
from web.api.process_definitions import PROCESS_DEFINITIONS
from web.api.process_instances import PROCESS_INSTANCES
from web.api.reference import register_reference
from web.api.resource import create_api
from web.api.user_tasks import USER_TASKS
from web.back_pressure import register_back_pressure
from web.camunda.eight.documents import DOCUMENT_LINKS
from web.camunda.eight.routes import ORCHESTRATION
from web.camunda.modeler_links import MODELER_LINKS
from web.camunda.orchestration import CLUSTER
from web.camunda.seven.routes import ENGINE_REST
from web.context import WebContext, attach
from web.errors import register_errors
from web.gate import register_gate
from web.health import HEALTH
from web.keys import KeyConverter
from web.live import LIVE
from web.live_feed import LiveFeed
from web.metrics import METRICS, register_request_metrics
from web.oauth import OAUTH
from web.pages.frame import register_frame
from web.pages.routes import pages_blueprint
from web.pages.shared_reading import register_shared_reading
from web.rate_limits import RateLimit
from web.security_headers import register_security_headers
from web.sessions import COOKIE
from web.settings import WebSettings
from web.token_memory import TokenMemory

FOLDER: Final = Path(__file__).parent
BUNDLE: Final = FOLDER / "static" / "dist"

RESOURCES: Final = (
    DEPLOYMENTS,
    DELETIONS,
    LINT,
    PROCESS_DEFINITIONS,
    PROCESS_INSTANCES,
    MIGRATIONS,
    DECISIONS,
    EXPRESSIONS,
    USER_TASKS,
    JOBS,
    MESSAGES,
    SIGNALS,
    CONDITIONS,
    INCIDENTS,
    DASHBOARD,
    RETENTION,
    LEGAL_HOLDS,
    ARCHIVE,
    ME,
    USERS,
    TOKENS,
)
"""The resources of the API, in the order of its description."""


def create_app(
    settings: WebSettings,
    service: EngineService,
    *,
    bundle: Path = BUNDLE,
    instruments: Instruments = NO_INSTRUMENTS,
    readiness: Callable[[], Readiness] | None = None,
) -> Flask:
    """Return the web application for one engine; there is no state outside of it.

    Args:
        settings: How the web behaves.
        service: The engine.
        bundle: The folder of the browser bundle.
        instruments: What this process measures with.
        readiness: Whether this process can work; None = whether the service can.
    """
    app = Flask("web", root_path=str(FOLDER), static_folder="static", template_folder="templates")
    _configure(app, settings)
    ready = readiness or service.readiness
    attach(app.extensions, _context(settings, service, instruments, ready))
    app.url_map.converters["key"] = KeyConverter
    register_request_metrics(app, instruments)
    register_shared_reading(app)
    register_gate(app)
    register_back_pressure(app)
    register_security_headers(app)
    register_access_log(app)
    api = create_api(app, RESOURCES, _version())
    register_reference(app, api)
    for blueprint in (
        HEALTH,
        METRICS,
        LIVE,
        ENGINE_REST,
        ORCHESTRATION,
        CLUSTER,
        DOCUMENT_LINKS,
        OAUTH,
        MODELER_LINKS,
        pages_blueprint(),
    ):
        app.register_blueprint(blueprint)
    presentation.install(app, bundle, service.clock.now)
    register_frame(app)
    register_errors(app)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's documented way
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )
    return app


def _configure(app: Flask, settings: WebSettings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        SESSION_COOKIE_NAME=COOKIE,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.session_cookie_secure,
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=settings.session_lifetime,
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=min(settings.max_body_bytes, 2_000_000),
        MAX_FORM_PARTS=1000,
    )
    if settings.is_demo:
        logging.getLogger("bpmn_engine.web").info("outcome=demo_started")


def _context(
    settings: WebSettings,
    service: EngineService,
    instruments: Instruments,
    readiness: Callable[[], Readiness],
) -> WebContext:
    requests = settings.requests_per_minute
    return WebContext(
        settings=settings,
        service=service,
        now=service.clock.now,
        passwords=PasswordMemory(),
        tokens=TokenMemory(settings.token_memory),
        login_limit=RateLimit(count=settings.login_attempts, window=settings.login_window),
        request_limit=RateLimit(count=requests, window=dt.timedelta(minutes=1))
        if requests
        else None,
        feed=LiveFeed(service.changes_after, service.latest_change),
        instruments=instruments,
        readiness=readiness,
    )


def _version() -> str:
    try:
        return version("bpmn-engine")
    except PackageNotFoundError:
        return "0"
