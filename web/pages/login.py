"""Logging in and out."""

from __future__ import annotations

from http import HTTPStatus

from flask import render_template, request
from werkzeug.wrappers import Response

from web.accounts import verified_user
from web.context import now, principal_or_none, service, web_context
from web.gate import current_session, login_counter, too_many
from web.pages.answers import go, is_own_path
from web.sessions import begin_session, end_session


def login() -> str | Response:
    """Show the log-in form; whoever is logged in goes on."""
    target = request.args.get("next", "")
    if principal_or_none() is not None:
        return go(target if is_own_path(target) else "/")
    return render_template("login.html", next_url=target, username="", error=None)


def login_post() -> str | Response | tuple[str, int]:
    """Log in. A wrong name and a wrong password get the same answer, after the same time."""
    context = web_context()
    username = request.form.get("username", "").strip()
    target = request.form.get("next", "")
    counted = login_counter(username)
    wait = context.login_limit.wait(counted, now())
    if wait is not None:
        raise too_many(wait)
    user = verified_user(service(), username, request.form.get("password", ""))
    if user is None:
        context.login_limit.spend(counted, now())
        text = render_template(
            "login.html",
            next_url=target,
            username=username[:64],
            error="The user name or the password is wrong.",
        )
        return text, HTTPStatus.UNAUTHORIZED
    context.login_limit.forget(counted)
    begin_session(user, now())
    service().record_seen(user.user_id)
    return go(target if is_own_path(target) else "/")


def logout() -> Response:
    """End the session, here and for whoever has copied its cookie."""
    session = current_session()
    if session is not None:
        ends_at = session.began_at + web_context().settings.session_lifetime
        service().end_session(session.serial, ends_at=ends_at)
    end_session()
    return go("/login")
