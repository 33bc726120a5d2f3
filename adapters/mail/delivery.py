"""Hands one message to an SMTP server: to every recipient or to none (RFC 5321)."""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from dataclasses import dataclass

from adapters.mail.profile import MailProfile, Security

_READY_FOR_DATA = 354
_PERMANENT = 500
_TEMPORARY = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why the message was not taken: a row of the table of errors, and words for a person."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The server has taken the message; `reply` is what it said."""

    reply: str


def deliver(profile: MailProfile, recipients: tuple[str, ...], message: bytes) -> Taken | Refusal:
    """Log in and hand the message over."""
    opened = _open(profile)
    if isinstance(opened, Refusal):
        return opened
    try:
        return _hand_over(opened, profile, recipients, message)
    finally:
        _leave(opened)


def try_login(profile: MailProfile) -> Refusal | None:
    """Connect and log in, send nothing; return why it failed."""
    opened = _open(profile)
    if isinstance(opened, Refusal):
        return opened
    _leave(opened)
    return None


def _open(profile: MailProfile) -> smtplib.SMTP | Refusal:
    try:
        context = ssl.create_default_context(
            cafile=None if profile.ca_file is None else str(profile.ca_file)
        )
        if profile.security is Security.TLS:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                profile.host, profile.port, timeout=profile.timeout_seconds, context=context
            )
        else:
            server = smtplib.SMTP(profile.host, profile.port, timeout=profile.timeout_seconds)
    except (OSError, smtplib.SMTPException) as error:
        return _refusal_of(error)
    refused = _protect_and_log_in(server, profile, context)
    if refused is None:
        return server
    server.close()
    return refused


def _protect_and_log_in(
    server: smtplib.SMTP, profile: MailProfile, context: ssl.SSLContext
) -> Refusal | None:
    try:
        server.ehlo_or_helo_if_needed()
        if profile.security is Security.STARTTLS:
            _start_tls(server, context)
        if profile.user is not None and profile.password is not None:
            server.login(profile.user, profile.password.get_secret_value())
    except (OSError, smtplib.SMTPException) as error:
        return _refusal_of(error)
    return None


def _refusal_of(error: OSError | smtplib.SMTPException) -> Refusal:
    """Return the row for an error before the message; the order matters, some are kinds of others.

    The server's words about a log-in are left out: some repeat the user's name.
    """
    match error:
        case ssl.SSLError():
            return Refusal(code="TLS_FAILED", message=f"Expected a trusted server, but {error}.")
        case smtplib.SMTPAuthenticationError(smtp_code=code) if code >= _PERMANENT:
            return Refusal(code="LOGIN_REFUSED", message=f"Expected a log-in, but got {code}.")
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=words):
            return _refusal(code, words)
        case smtplib.SMTPNotSupportedError():
            row = "TLS_FAILED" if "STARTTLS" in str(error) else "LOGIN_REFUSED"
            return Refusal(code=row, message=f"Expected the server to offer it, but {error}.")
        case smtplib.SMTPException() if type(error) is smtplib.SMTPException:
            # smtplib's way to say that it knows none of the server's ways to log in.
            return Refusal(code="LOGIN_REFUSED", message=f"Expected a log-in, but {error}.")
        case _:
            return Refusal(code="CONNECT_FAILED", message=f"Expected a connection, but {error}.")


def _start_tls(server: smtplib.SMTP, context: ssl.SSLContext) -> None:
    """Encrypt the connection.

    Raises:
        smtplib.SMTPNotSupportedError: The server does not offer it.
        smtplib.SMTPResponseException: The server offered it and refused now.
        ssl.SSLError: The certificate is not accepted.
    """
    code, words = server.starttls(context=context)
    if code != 220:  # noqa: PLR2004  # RFC 3207, 4
        raise smtplib.SMTPResponseException(code, words)
    server.ehlo()


def _hand_over(
    server: smtplib.SMTP, profile: MailProfile, recipients: tuple[str, ...], message: bytes
) -> Taken | Refusal:
    try:
        refused = _announce(server, profile, recipients)
    except (OSError, smtplib.SMTPException) as error:
        return Refusal(code="CONNECT_FAILED", message=f"Expected an answer, but {error}.")
    if refused is not None:
        return refused
    try:
        # A line that is one dot would end the message, so leading dots are doubled (4.5.2).
        server.send(re.sub(rb"(?m)^\.", b"..", message).rstrip(b"\r\n") + b"\r\n.\r\n")
        code, words = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        return Refusal(
            code="OUTCOME_UNKNOWN", message=f"Expected a reply to the message, but {error}."
        )
    if code >= _TEMPORARY:
        return _refusal(code, words)
    return Taken(reply=f"{code} {_text(words)}")


def _announce(
    server: smtplib.SMTP, profile: MailProfile, recipients: tuple[str, ...]
) -> Refusal | None:
    """Name the sender and every recipient; one refused recipient ends it before the message.

    Raises:
        OSError: The connection broke.
        smtplib.SMTPException: The connection broke.
    """
    code, words = server.mail(profile.sender)
    if code >= _TEMPORARY:
        return _refusal(code, words)
    for recipient in recipients:
        code, words = server.rcpt(recipient)
        if code >= _PERMANENT:
            return Refusal(code="RECIPIENT_REFUSED", message=f"{recipient}: {code} {_text(words)}")
        if code >= _TEMPORARY:
            return _refusal(code, words)
    code, words = server.docmd("DATA")
    return None if code == _READY_FOR_DATA else _refusal(code, words)


def _refusal(code: int, words: bytes | str) -> Refusal:
    row = "SMTP_5XX" if code >= _PERMANENT else "SMTP_4XX"
    if code < 0:
        row = "CONNECT_FAILED"
    return Refusal(code=row, message=f"{code} {_text(words)}")


def _text(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words


def _leave(server: smtplib.SMTP) -> None:
    # The outcome is known by now, so a server that has gone already does not change it.
    with contextlib.suppress(OSError, smtplib.SMTPException):
        server.quit()
    server.close()
