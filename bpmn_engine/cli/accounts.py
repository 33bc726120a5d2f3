"""`bpmn-engine users` and `bpmn-engine tokens`."""

from __future__ import annotations

import datetime as dt
import sys

import click

from bpmn_engine.cli.engine_options import CommandContext, with_engine
from bpmn_engine.cli.exit_codes import CommandFailedError, ExitCode, or_fail
from bpmn_engine.cli.printing import print_json, print_line, print_table
from bpmn_engine.service.views import PageRequest
from web.accounts import AccountForm, change_account, create_account, create_token, objections
from web.permissions import Role, role_named

_ROLES = [role.word for role in Role]


@click.group()
def users() -> None:
    """See and change who can log in."""


@users.command("add")
@click.argument("user_id")
@click.option("--name", help="To be shown.  [default: the user id]")
@click.option("--email", help="An address, to be shown.")
@click.option(
    "--role",
    type=click.Choice(_ROLES),
    default=Role.STAFF.word,
    show_default=True,
    help="What it may do; each role may do what those before it may.",
)
@click.option("--group", "groups", multiple=True, help="May be given several times.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@with_engine(migrates=True)
def add_user(  # noqa: PLR0913, PLR0917 — one argument for each option
    engine: CommandContext,
    user_id: str,
    name: str | None,
    email: str | None,
    role: str,
    groups: tuple[str, ...],
    password_stdin: bool,  # noqa: FBT001 — click passes options by name
) -> None:
    """Create an account; asks for its password."""
    form = AccountForm(
        user_id=user_id,
        display_name=name,
        email=email,
        role=role_named(role),
        password=_read_password(from_stdin=password_stdin),
        groups=groups,
    )
    _raise_objections(form, is_new=True)
    user = or_fail(create_account(engine.service, form))
    if engine.is_json:
        print_json(user)
    else:
        print_line(f"Created {user.user_id} ({user.role}).")


@users.command("list")
@click.option("--limit", type=click.IntRange(1, 200), default=200, show_default=True, help="Rows.")
@click.option("--cursor", help="Of the page before, to go on.")
@with_engine()
def list_users(engine: CommandContext, limit: int, cursor: str | None) -> None:
    """List accounts."""
    page = or_fail(engine.service.users(page=PageRequest(cursor=cursor, limit=limit)))
    if engine.is_json:
        print_json(page)
        return
    print_table(
        "Users",
        ("user", "name", "role", "groups", "active", "last seen"),
        (
            (
                one.user_id,
                one.display_name,
                one.role,
                ", ".join(one.groups),
                "yes" if one.is_active else "no",
                one.last_seen_at,
            )
            for one in page.items
        ),
    )


@users.command("set-password")
@click.argument("user_id")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@with_engine()
def set_password(
    engine: CommandContext,
    user_id: str,
    password_stdin: bool,  # noqa: FBT001 — click passes options by name
) -> None:
    """Give an account a new password; asks for it."""
    form = AccountForm(user_id=user_id, password=_read_password(from_stdin=password_stdin))
    _raise_objections(form, is_new=False)
    user = or_fail(change_account(engine.service, form))
    if engine.is_json:
        print_json(user)
    else:
        print_line(f"Changed the password of {user.user_id}.")


@click.group()
def tokens() -> None:
    """Make API tokens."""


@tokens.command("create")
@click.argument("user_id")
@click.option("--name", required=True, help="What it is for.")
@click.option("--days", type=click.IntRange(1, 3650), help="Valid for so long.  [default: always]")
@with_engine()
def create_api_token(engine: CommandContext, user_id: str, name: str, days: int | None) -> None:
    """Make an API token that may do what the account may do; it is shown this once."""
    now = engine.service.clock.now()
    expires_at = None if days is None else now + dt.timedelta(days=days)
    made = or_fail(create_token(engine.service, user_id, name=name, expires_at=expires_at))
    if engine.is_json:
        print_json({"token": made.token, "secret": made.secret})
    else:
        print_line(made.secret)


def _read_password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise CommandFailedError(
            "Expected --password-stdin, for there is no terminal to ask at.", ExitCode.USAGE
        )
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return password


def _raise_objections(form: AccountForm, *, is_new: bool) -> None:
    found = objections(form, is_new=is_new)
    if found:
        said = " ".join(f"{field}: {message}" for field, message in found.items())
        raise CommandFailedError(said, ExitCode.USAGE)
