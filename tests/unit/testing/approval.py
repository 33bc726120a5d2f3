"""The process that the page about process tests is about."""

from tests.diagrams import (
    boundary,
    end,
    error,
    exclusive,
    message,
    process,
    service,
    start,
    task,
    timer,
    user,
)

_NAMES = {
    "started": "Started",
    "ask": "Approve",
    "late": "Two days later",
    "remind": "Remind the approver",
    "withdrawn": "Invoice withdrawn",
    "gone": "Withdrawn",
    "decided": "Approved?",
    "book": "Book",
    "no_budget": "No budget",
    "find": "Find a budget",
    "done": "Booked",
    "rejected": "Rejected",
}
_KEY = 'if invoiceId = null then "none" else invoiceId'


def approval() -> bytes:
    """Return the diagram of the approval, with names."""
    xml = process(
        "started -> ask -> decided",
        "decided -> book if approved",
        "decided -> rejected default",
        "book -> done",
        "late -> remind -> reminded",
        "withdrawn -> gone",
        "no_budget -> find -> book",
        process_id="approval",
        started=start(),
        ask=user(groups="managers"),
        late=boundary("ask", timer(duration="P2D"), interrupting=False),
        remind=task(),
        reminded=end(),
        withdrawn=boundary("ask", message("invoice-withdrawn", _KEY)),
        gone=end(),
        decided=exclusive(),
        book=service("erp:book"),
        no_budget=boundary("book", error("NO_BUDGET")),
        find=user(),
        done=end(),
        rejected=end(),
    )
    for element_id, name in _NAMES.items():
        id_only = f'id="{element_id}"'
        xml = xml.replace(id_only.encode(), f'{id_only} name="{name}"'.encode())
    return xml
