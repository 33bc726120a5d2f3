"""The options that every command has, and the engine that most of them open."""

from __future__ import annotations

import functools
import getpass
import os
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Concatenate, Final, ParamSpec

import click

from bpmn_engine.cli.exit_codes import CommandFailedError, ExitCode
from bpmn_engine.clock import SystemClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.settings import PREFIX, EngineSettings
from bpmn_engine.store.database import Database
from bpmn_engine.views.paging import Caller

P = ParamSpec("P")

DATABASE_VARIABLE: Final = "BPMN_ENGINE_DATABASE_URL"
_STAFF: Final = "staff"
_FIRST_SHORT_LIVED: Final = 512  # worker numbers from here on are for commands that end soon
_LAST_WORKER: Final = 1023


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandContext:
    """What a command works with."""

    service: EngineService
    is_json: bool  #: print machine-readable output
    acts_as: str | None  #: the account named by --as

    @property
    def actor(self) -> str:
        """Who is written into the journal."""
        return self.acts_as or f"cli:{_login_name()}"

    def caller(self) -> Caller:
        """Return who works on user tasks: an account with its rights, or whoever owns this engine.

        Raises:
            CommandFailedError: There is no such account, or it is disabled.
        """
        if self.acts_as is None:
            return Caller(user_id=self.actor, sees_all=True)
        user = self.service.user(self.acts_as)
        if user is None or not user.is_active:
            raise CommandFailedError(
                f"Expected the active account {self.acts_as}, but there is none.",
                ExitCode.NOT_FOUND,
            )
        return Caller(
            user_id=user.user_id, groups=frozenset(user.groups), sees_all=user.role != _STAFF
        )


def json_option(function: Callable[P, None]) -> Callable[P, None]:
    """Give a command the option --json."""
    return click.option(
        "--json", "is_json", is_flag=True, help="Print JSON on standard output, nothing else."
    )(function)


def database_option(function: Callable[P, None]) -> Callable[P, None]:
    """Give a command the option --database."""
    return click.option(
        "--database",
        metavar="URL",
        help=f"sqlite:///file.db or postgresql://user@host/name.  [env var: {DATABASE_VARIABLE}; "
        "default: sqlite:///bpmn-engine.db]",
    )(function)


def with_engine(
    *, migrates: bool = False
) -> Callable[[Callable[Concatenate[CommandContext, P], None]], Callable[..., None]]:
    """Open the engine for a command, and give it --database, --as and --json.

    Args:
        migrates: Whether an SQLite database is made, or brought up to date, first.
    """

    def decorate(function: Callable[Concatenate[CommandContext, P], None]) -> Callable[..., None]:
        @functools.wraps(function)
        def run(
            database: str | None,
            acts_as: str | None,
            is_json: bool,  # noqa: FBT001 — click passes options by name
            *args: P.args,
            **kwargs: P.kwargs,
        ) -> None:
            with opened_service(database, migrates=migrates) as service:
                context = CommandContext(service=service, is_json=is_json, acts_as=acts_as)
                function(context, *args, **kwargs)

        acting = click.option(
            "--as",
            "acts_as",
            metavar="USER",
            help="Act as this account.  [default: the operating system's user]",
        )
        return database_option(acting(json_option(run)))

    return decorate


@contextmanager
def opened_service(url: str | None, *, migrates: bool = False) -> Iterator[EngineService]:
    """Give the engine on a database, and close it afterwards.

    Raises:
        CommandFailedError: The schema of the database is not this release's.
        SettingError: A setting is not usable.
    """
    settings = short_lived(engine_settings(url, os.environ), os.environ)
    with opened_database(settings) as database:
        ensure_schema(database, migrates=migrates)
        yield EngineService(database, SystemClock(), settings)


@contextmanager
def opened_database(settings: EngineSettings) -> Iterator[Database]:
    """Give the database of the settings, and close it afterwards.

    Raises:
        SettingError: The URL names no database that is supported.
        DatabaseUnavailableError: It does not answer.
    """
    database = Database(settings.database_url, pool_size=settings.database_pool_size)
    try:
        yield database
    finally:
        database.dispose()


def engine_settings(url: str | None, environ: Mapping[str, str]) -> EngineSettings:
    """Return the settings of the environment, with the database of the command line if given.

    Raises:
        SettingError: A setting is not usable.
    """
    settings = EngineSettings.from_environment(environ)
    return settings if url is None else replace(settings, database_url=url)


def short_lived(settings: EngineSettings, environ: Mapping[str, str]) -> EngineSettings:
    """Return the settings with a worker number of its own: keys must not meet a server's."""
    if f"{PREFIX}WORKER_NUMBER" in environ:
        return settings
    number = random.SystemRandom().randint(_FIRST_SHORT_LIVED, _LAST_WORKER)
    return replace(settings, worker_number=number)


def ensure_schema(database: Database, *, migrates: bool) -> None:
    """See to it that the database has this release's tables; those of a later one have them, too.

    Raises:
        CommandFailedError: It has not, and this command does not make them.
    """
    if database.is_recent():
        return
    if migrates and database.is_sqlite:
        database.migrate()
        return
    raise CommandFailedError(
        "Expected a database with this release's tables, but it has older ones or none. "
        "Run: bpmn-engine migrate-db",
        ExitCode.UNAVAILABLE,
    )


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
