"""The mail adapter: one message per job, to all of its recipients or to none."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel

from adapters.mail.delivery import Refusal, deliver, try_login
from adapters.mail.errors import ERRORS
from adapters.mail.message import compose, message_id
from adapters.mail.profile import MailProfile
from adapters.mail.schema import MailInput, MailOutput
from bpmn_engine import ports, values


class MailAdapter:
    """Sends one message through SMTP; its Message-ID comes from the idempotency key."""

    meta = ports.AdapterMeta(
        job_type="bpmn-engine:mail:1",
        aliases=("mail-send", "mail-connector"),
        name="Send mail",
        description="Send a message through a mail server",
    )
    profile_type: type[ports.Profile] = MailProfile
    input_type: type[BaseModel] = MailInput
    output_type: type[BaseModel] = MailOutput
    errors = ERRORS

    def test(self, profile: ports.Profile) -> ports.Health:
        """Connect and log in; nothing is sent."""
        known = _mail_profile(profile)
        refused = try_login(known)
        if refused is not None:
            return ports.Health(ok=False, detail=refused.message)
        return ports.Health(ok=True, detail=f"{known.host} accepts the log-in.")

    def find(
        self, context: ports.JobContext, profile: ports.Profile, job_input: BaseModel
    ) -> ports.Done | ports.Accepted | None:
        """Return None; SMTP cannot be asked, so FIND is not declared."""
        del context, profile, job_input
        return None

    def submit(
        self, context: ports.JobContext, profile: ports.Profile, job_input: BaseModel
    ) -> ports.Done | ports.Accepted | ports.Failed:
        """Compose the message and hand it to the server."""
        known = _mail_profile(profile)
        if not isinstance(job_input, MailInput):
            raise TypeError(f"Expected MailInput, but {type(job_input).__name__} was given.")
        recipients = tuple(dict.fromkeys([*job_input.to, *job_input.cc, *job_input.bcc]))
        stranger = next((one for one in recipients if not _is_allowed(known, one)), None)
        if stranger is not None:
            return _failed("RECIPIENT_NOT_ALLOWED", f"Expected an allowed domain: {stranger}.")
        # The header Date only; nothing is decided by it.
        sent_at = dt.datetime.now(dt.UTC)
        message = compose(known, job_input, context.idempotency_key, sent_at)
        if len(message) > known.max_message_bytes:
            return _failed(
                "MESSAGE_TOO_LARGE",
                f"Expected at most {known.max_message_bytes} bytes, but it has {len(message)}.",
            )
        outcome = deliver(known, recipients, message)
        if isinstance(outcome, Refusal):
            return _failed(outcome.code, outcome.message)
        return ports.Done(
            output={
                "messageId": message_id(known, context.idempotency_key),
                "recipients": list(recipients),
                "reply": outcome.reply,
            }
        )

    def poll(
        self, context: ports.JobContext, profile: ports.Profile, handle: values.JsonValue
    ) -> ports.Running | ports.Done | ports.Failed:
        """Refuse: every message is taken or refused in `submit`."""
        del context, profile, handle
        raise RuntimeError("Expected no poll, but this adapter never answers Accepted.")

    def cancel(
        self, context: ports.JobContext, profile: ports.Profile, handle: values.JsonValue
    ) -> ports.CancelOutcome:
        """Return unsupported: mail cannot be called back."""
        del context, profile, handle
        return "unsupported"


def _mail_profile(profile: ports.Profile) -> MailProfile:
    if not isinstance(profile, MailProfile):
        raise TypeError(f"Expected MailProfile, but {type(profile).__name__} was given.")
    return profile


def _is_allowed(profile: MailProfile, recipient: str) -> bool:
    allowed = profile.allowed_recipient_domains
    return not allowed or recipient.rpartition("@")[2].lower() in allowed


def _failed(code: str, message: str) -> ports.Failed:
    return ports.Failed(kind=ERRORS[code].kind, code=code, message=message)
