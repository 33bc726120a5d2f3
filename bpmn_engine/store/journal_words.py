"""The journal in words: one sentence for an entry, one short line for each of its facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

from bpmn_engine.store.json_text import load_json
from bpmn_engine.values import JsonValue

_SUMMARIES: Final[Mapping[str, str]] = {
    "StartInstance": "Started the instance{at}.",
    "CompleteJob": "Completed a job{at}.",
    "CompleteAdHocJob": "Completed the job of an ad-hoc sub-process{at}.",
    "FailJob": "Gave up a job{at}: {message}",
    "ThrowBpmnError": "Threw the BPMN error {error_code}{at}.",
    "ThrowEscalation": "Threw the escalation {code}{at}.",
    "DelegateUserTask": "Delegated the user task {element} to {assignee}.",
    "ResolveUserTask": "Gave the delegated user task {element} back to {assignee}.",
    "UpdateUserTask": "Changed the user task {element}.",
    "OfferUserTask": "Offered the user task {element} to {candidate}.",
    "WithdrawUserTask": "Does not offer the user task {element} to {candidate} any more.",
    "CommentUserTask": "Commented on the user task {element}.",
    "ChangeComment": "Changed a comment{at}.",
    "DeleteComment": "Deleted comments{at}.",
    "DeleteAttachment": "Deleted an attachment{at}.",
    "AttachToUserTask": "Attached {name} to the user task {element}.",
    "CompleteUserTask": "Completed the user task {element}.",
    "FireTimer": "A timer fired{at}.",
    "MoveTimer": "A timer is due at another time{at}.",
    "DeliverMessage": "A message arrived{at}.",
    "DeliverSignal": "A signal arrived{at}.",
    "CompleteChild": "A called instance completed{at}.",
    "FailChild": "A called instance did not complete{at}: {message}",
    "EscalateChild": "A called instance threw the escalation {code}{at}.",
    "ActivateElement": "Let the element {element_id} begin.",
    "RestartInstance": "Restarted the instance as {instance_key}.",
    "MigrateInstance": "Migrated from version {source_version} to version {target_version} "
    "of {process_id}.",
    "SetVariables": "Set variables: {names}.",
    "ResolveIncident": "Resolved an incident{at}.",
    "CancelInstance": "Cancelled the instance.",
    "SuspendInstance": "Suspended the instance.",
    "ResumeInstance": "Resumed the instance.",
    "SuspendJob": "Suspended the job or timer{at}.",
    "ResumeJob": "Let the suspended job or timer{at} go on.",
    "FailJobAttempt": "An attempt of a job failed{at}: {message}",
    "ClaimUserTask": "Claimed the user task {element}.",
    "UnclaimUserTask": "Gave back the user task {element}.",
    "AssignUserTask": "Assigned the user task {element} to {assignee}.",
    "CreateUserTask": "Made the task for {assignee}.",
    "GoOn": "Went on with what was on its way.",
    "CorrectUserTask": "Changed the user task {element}.",
    "PlaceHold": "Placed the legal hold {hold_key}.",
    "LiftHold": "Lifted the legal hold {hold_key}.",
    "SetRemovalTime": "Is removed {removal}.",
    "AnnotateOperation": "Wrote a note on entry {entry}: {annotation}",
    "ReportIncident": "Reported the incident {name}{at}: {message}",
    "RestoreInstance": "Restored the instance from the archive.",
}
"""Class of the command, or of a note, -> sentence. Others show their name."""


class _Words(dict[str, object]):
    """What a sentence may name; what an entry does not have is a dash."""

    def __missing__(self, key: str) -> str:
        return "-"


def summary(action: str, element: str | None, detail: Mapping[str, JsonValue]) -> str:
    """Return an entry as a sentence; `element` is the name or id of the one it is about."""
    variables = detail.get("variables")
    words = _Words(detail)
    words["at"] = f" at {element}" if element else ""
    words["element"] = element or "-"
    words["assignee"] = detail.get("assignee") or "nobody"
    named = sorted(variables) if isinstance(variables, Mapping) else []
    removed = detail.get("removed")
    if isinstance(removed, list):
        named += [f"{name} (removed)" for name in removed]
    words["names"] = ", ".join(named) or "-"
    return _SUMMARIES.get(action, f"{action}{{at}}.").format_map(words) + _used(detail)


def _used(detail: Mapping[str, JsonValue]) -> str:
    """Say what the work of a job has used, where that was measured."""
    cost = detail.get("cost")
    if not isinstance(cost, Mapping):
        return ""
    memory = cost.get("memory_kb")
    megabytes = f"{memory / 1024:.0f}" if isinstance(memory, int) else "-"
    return f" It used {cost.get('cpu_ms')} ms of processor time and {megabytes} MB of memory."


def modification(
    detail: Mapping[str, JsonValue], facts: str, name_of: Callable[[str], str]
) -> str:
    """Return a modification as a sentence, such as `Moved from Check stock to Pick goods.`.

    Args:
        detail: the command as it was stored.
        facts: what it did, as stored; a visit cancelled by its key has its element there.
        name_of: gives the name of an element for its id.
    """
    moves = cast("Sequence[Mapping[str, JsonValue]]", detail.get("moves", ()))
    cancelled = _terminated(facts)
    said = []
    for move in moves:
        element = move.get("element_id") or cancelled.get(move.get("visit"))
        said.append((str(move["move"]), name_of(str(element)) if element else "-"))
    match sorted(said):
        case [("CancelVisits", source), ("StartBefore", target)]:
            return f"Moved from {source} to {target}."
        case [("CancelVisits", source), ("StartAfter", target)] if source == target:
            return f"Skipped {source}."
        case _:
            words = ", ".join(f"{_MOVES.get(move, move)} {name}" for move, name in said)
            return words[:1].upper() + words[1:] + "."


def start_elsewhere(detail: Mapping[str, JsonValue], name_of: Callable[[str], str]) -> str:
    """Return the start of a restarted instance as a sentence."""
    moves = cast("Sequence[Mapping[str, JsonValue]]", detail.get("moves", ()))
    words = ", ".join(
        f"{'before' if move['move'] == 'StartBefore' else 'after'} "
        f"{name_of(str(move['element_id']))}"
        for move in moves
    )
    return f"Started the instance {words}."


_MOVES: Final[Mapping[str, str]] = {
    "CancelVisits": "cancelled",
    "StartBefore": "started before",
    "StartAfter": "started after",
}


def _terminated(facts: str) -> dict[JsonValue, JsonValue]:
    """Return the ref of each element that was terminated, or is to be, by the key of its visit."""
    record = cast("Mapping[str, Sequence[Sequence[JsonValue]]]", load_json(facts))
    ended = {fact[1]: fact[2] for fact in record["facts"] if fact[0] == "ElementTerminated"}
    begun = (fact for fact in record["facts"] if fact[0] == "TerminationBegun")
    return ended | {fact[2]: fact[3] for fact in begun if len(fact) > _WITH_VISIT}


_WITH_VISIT: Final = 3
"""Members of the record of a termination that begins with one visit, and not with a scope."""


def fact_lines(facts: str) -> tuple[str, ...]:
    """Return stored facts as short lines: `ElementCompleted 4 CheckStock`."""
    record = load_json(facts)
    if not isinstance(record, Mapping):
        return ()
    return tuple(_line(fact) for fact in cast("Sequence[Sequence[JsonValue]]", record["facts"]))


def _line(fact: Sequence[JsonValue]) -> str:
    said, listener = _without_listener(fact)
    return " ".join((str(said[0]), *(word for value in said[1:] for word in _words(value)))) + (
        "" if listener is None else f" ({listener})"
    )


def _without_listener(fact: Sequence[JsonValue]) -> tuple[Sequence[JsonValue], str | None]:
    """Take the listener out of the fact that one waits, or failed: `start listener 1`."""
    size = _SIZES.get(str(fact[0]))
    member = fact[1] if size is not None else None
    if size is None or not isinstance(member, Sequence) or len(member) <= size:
        return fact, None
    event, index, *_ = cast("tuple[str, int, *tuple[JsonValue, ...]]", member[size])
    ref = str(member[2 if size == _SIZES["WaitOpened"] else 4])
    event = _EVENTS.get(ref.rpartition("#")[2], event) if "#" in ref else event
    return (fact[0], member[:size]), f"{event} listener {index + 1}"


_SIZES: Final[Mapping[str, int]] = {"WaitOpened": 8, "IncidentRaised": 11}
"""How many members a wait and an incident have before that of its listener."""

_EVENTS: Final[Mapping[str, str]] = {"ended": "end", "end": "end", "cancel": "cancel"}
"""What calls the listeners of the nodes that no element stands for, by the end of their ref."""


def _words(value: JsonValue) -> Sequence[str]:
    """Return what a line shows of one member; values of variables are not shown."""
    if value is None or value is False:
        return ()
    if isinstance(value, Mapping):
        return (f"{{{', '.join(sorted(value))}}}",)
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Sequence):
        return tuple(word for member in value for word in _words(member))
    if isinstance(value, int) and value > _SMALLEST_MOMENT:
        return ()
    return (str(value),)


_SMALLEST_MOMENT: Final = 10**14
"""A number above it is a moment in microseconds, which the entry shows once itself."""
