"""Why operations of the Orchestration Cluster API are not offered, in one sentence each."""

from __future__ import annotations

import re
from typing import Final

_REASONS: Final[tuple[tuple[str, str], ...]] = (
    (
        r"cluster/.*|backups/.*|exporting.*|mode|restore",
        "there is no cluster to administer: its database is backed up with the database's own "
        "tools",
    ),
    (r"agent-.*", "there are no agents: an ad-hoc sub-process is a job for a worker"),
    (r"secrets/.*", "secrets are the workers' own and never pass through this engine"),
    (r"global-task-listeners.*", "listeners are drawn in the diagram"),
    (r"setup/user", "the first account is made by the command bpmn-engine"),
    (
        r"decision-instances/.*deletion",
        "a decision is an entry of its instance's journal, and goes with the instance",
    ),
    (
        r"process-instances/[^/]+/business-id-assignment",
        "the business key is set at the start and stays",
    ),
    (r"authorizations.*", "what somebody may do follows from their role"),
    (r"mapping-rules.*|.*/mapping-rules/.*", "groups come from the account, not from claims"),
    (r".*/clients/.*", "clients are API tokens of users"),
    (r"roles.*", "there are three roles, and each account has one of them"),
    (r"tenants.*", "there is one tenant, and everybody is in it"),
    (r"users/.*", "an account is made inactive, not deleted: history names it"),
)
"""Address below `/v2` -> why; the first that fits."""


def reason(address: str) -> str | None:
    """Return why nothing is offered at an address below `/v2`; None when nobody has said."""
    return next((why for shape, why in _REASONS if re.fullmatch(shape, address)), None)
