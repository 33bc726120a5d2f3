"""Composes a message as bytes that a server can be handed."""

from __future__ import annotations

import datetime as dt
import hashlib
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from adapters.mail.profile import MailProfile
from adapters.mail.schema import MailInput


def message_id(profile: MailProfile, idempotency_key: str) -> str:
    """Return the Message-ID of a job: the same for each try, so that receivers drop a second."""
    digest = hashlib.sha256(idempotency_key.encode()).hexdigest()[:40]
    return f"<{digest}@{profile.sender.rpartition('@')[2]}>"


def compose(
    profile: MailProfile, job_input: MailInput, idempotency_key: str, sent_at: dt.datetime
) -> bytes:
    """Return the message in the form of RFC 5322; blind copies are not in it.

    Raises:
        ValueError: A header cannot be written, such as one with a line break.
    """
    message = EmailMessage(policy=SMTP)
    user, _, domain = profile.sender.rpartition("@")
    message["From"] = Address(profile.sender_name or "", user, domain)
    message["To"] = ", ".join(job_input.to)
    if job_input.cc:
        message["Cc"] = ", ".join(job_input.cc)
    if job_input.reply_to:
        message["Reply-To"] = ", ".join(job_input.reply_to)
    message["Subject"] = job_input.subject
    message["Date"] = format_datetime(sent_at)
    message["Message-ID"] = message_id(profile, idempotency_key)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office reply, please
    if job_input.html and not job_input.text:
        message.set_content(job_input.html, subtype="html")
    else:
        message.set_content(job_input.text)
        if job_input.html:
            message.add_alternative(job_input.html, subtype="html")
    for attachment in job_input.attachments:
        maintype, _, subtype = attachment.content_type.partition("/")
        message.add_attachment(
            attachment.content(), maintype=maintype, subtype=subtype, filename=attachment.name
        )
    return message.as_bytes()
