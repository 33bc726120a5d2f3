"""Running the migrations, which are packaged beside this module.

`pre` migrations run before the new release's processes start, `post` ones when the last process of
the old release has ended: between them both releases run on the schema.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from bpmn_engine.store import partition_bounds

_SCRIPTS: Final = Path(__file__).parent / "migrations"
_MIGRATION_LOCK: Final = 0x42504D4E
"""Advisory lock: two processes that start at once migrate one after the other."""
_ALONE: Final = text("SELECT pg_advisory_xact_lock(:lock)")


def configuration(connection: Connection | None = None) -> Config:
    """Return the configuration of Alembic, with a connection for `env.py` to use."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def prepare(connection: Connection) -> None:
    """Do what takes long in a large database and needs nobody to wait, in transactions of its own.

    Whoever is killed in between leaves something that the next call goes on with.
    """
    if connection.dialect.name != "postgresql":
        return
    try:
        for step in partition_bounds.preparation(connection):
            with connection.begin():
                connection.execute(_ALONE, {"lock": _MIGRATION_LOCK})
                step()
    except DBAPIError:
        with connection.begin():
            partition_bounds.release(connection)
        raise


def upgrade(connection: Connection) -> None:
    """Run the missing migrations, in the caller's transaction.

    A database that a later release has migrated is left as it is: both run on it.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_ALONE, {"lock": _MIGRATION_LOCK})
    if is_recent(connection):
        return
    command.upgrade(configuration(connection), "head")


def is_current(connection: Connection) -> bool:
    """Tell whether no migration is missing."""
    scripts = ScriptDirectory.from_config(configuration())
    heads = set(MigrationContext.configure(connection).get_current_heads())
    return heads == set(scripts.get_heads())


def is_recent(connection: Connection) -> bool:
    """Tell whether none of this release's migrations is missing; a later release may have more."""
    found = set(MigrationContext.configure(connection).get_current_heads())
    return bool(found) and not found & _earlier_revisions()


@cache
def _earlier_revisions() -> frozenset[str]:
    """Return the revisions of this release that another one follows."""
    scripts = ScriptDirectory.from_config(configuration())
    heads = set(scripts.get_heads())
    return frozenset(one.revision for one in scripts.walk_revisions()) - heads


def downgrade(connection: Connection, revision: str) -> None:
    """Take migrations back down to a revision, in the caller's transaction; rows are lost."""
    command.downgrade(configuration(connection), revision)
