"""The format of a test file: every key, what may stand there, and what it means."""

from __future__ import annotations

from typing import Final

from bpmn_engine.testing.cases.shapes import (
    AnyShape,
    ChoiceShape,
    CountShape,
    Key,
    ListShape,
    MapShape,
    NothingShape,
    RecordShape,
    TextShape,
    VerbShape,
    WordShape,
)
from bpmn_engine.testing.cases.spans import is_moment, is_span_or_moment

NO_INCIDENTS: Final = "none"
STATUSES: Final = ("active", "completed", "failed", "terminated", "suspended")

_TEXT: Final = TextShape()
_VARIABLES: Final = MapShape(values=AnyShape(), what="variables")
_ELEMENT: Final = TextShape(what="an element's name or id")
_ELEMENTS: Final = ChoiceShape(choices=(_ELEMENT, ListShape(items=_ELEMENT)))
_WORDS: Final = ChoiceShape(choices=(_TEXT, ListShape(items=_TEXT)))
_MESSAGES: Final = ChoiceShape(
    choices=(_TEXT, ListShape(items=_TEXT), MapShape(values=_TEXT, what="messages"))
)
_MOMENT: Final = TextShape(what="a moment such as 2026-03-02T09:00:00Z", is_valid=is_moment)
_SPAN_OR_MOMENT: Final = TextShape(
    what="a length of time such as `2 days` or P2D, or a moment such as 2026-03-02T09:00:00Z",
    is_valid=is_span_or_moment,
)
_JOB: Final = TextShape(what="an element's name or id, or a job type")

_WITH_VARIABLES: Final = (
    Key(name="variables", shape=_VARIABLES, about="Variables to give, by name."),
    Key(
        name="use",
        shape=_WORDS,
        about="Names of variable sets to give, too; `variables` come over them.",
    ),
)


def _verb(name: str, shape: TextShape, about: str) -> Key:
    return Key(name=name, shape=shape, about=about, is_required=True)


_ANSWER: Final = VerbShape(
    what="an answer",
    records=(
        RecordShape(
            what="an answer with a BPMN error",
            keys=(
                _verb("throw error", TextShape(what="an error code"), "End with this BPMN error."),
                Key(name="message", shape=_TEXT, about="What the error says."),
                Key(name="variables", shape=_VARIABLES, about="Variables to give with it."),
            ),
        ),
        RecordShape(
            what="an answer with a failure",
            keys=(
                _verb("fail job", TextShape(what="a message"), "Fail with this message."),
                Key(
                    name="retries left",
                    shape=CountShape(),
                    about="Attempts that remain; with none, it becomes an incident. Default: 0.",
                ),
            ),
        ),
    ),
    otherwise=_VARIABLES,
)
_ANSWERS: Final = MapShape(
    values=ChoiceShape(choices=(_ANSWER, ListShape(items=_ANSWER, at_least=1), NothingShape())),
    what="answers by job type",
)
_JOBS: Final = Key(
    name="jobs",
    shape=_ANSWERS,
    about="Answers to jobs, by job type or by element: variables, or `throw error`, or "
    "`fail job`; of a list one after the other, the last for all that follow; null: not answered.",
)

_EXPECTATION: Final = RecordShape(
    what="an expectation",
    keys=(
        Key(
            name="process",
            shape=_TEXT,
            about="Look at the latest instance of this process. Default: the one last started by "
            "a step.",
        ),
        Key(name="business key", shape=_TEXT, about="Look at the instance with this one."),
        Key(
            name="status",
            shape=WordShape(words=STATUSES),
            about="How the instance stands: still active, or how it has ended.",
        ),
        Key(name="passed", shape=_ELEMENTS, about="Completed elements, in any order."),
        Key(name="passed in order", shape=_ELEMENTS, about="Completed elements, in this order."),
        Key(
            name="passed times",
            shape=MapShape(values=CountShape(), what="elements with numbers"),
            about="How often each of these elements was completed.",
        ),
        Key(name="not passed", shape=_ELEMENTS, about="Elements that were not completed."),
        Key(name="waiting at", shape=_ELEMENTS, about="The instance is at each of these."),
        Key(
            name="waiting only at",
            shape=_ELEMENTS,
            about="It waits at each of these and nowhere else; sub-processes around do not count.",
        ),
        Key(name="not waiting at", shape=_ELEMENTS, about="It is at none of these."),
        Key(
            name="waiting for messages",
            shape=_MESSAGES,
            about="Messages that it waits for: names, or names with correlation keys.",
        ),
        Key(
            name="messages",
            shape=_MESSAGES,
            about="Messages that processes have thrown so far in this case: names, or names with "
            "correlation keys.",
        ),
        Key(name="variables", shape=_VARIABLES, about="Variables with exactly these values."),
        Key(name="variables not set", shape=_WORDS, about="Variables that are not there."),
        Key(
            name="assigned to",
            shape=MapShape(values=_TEXT, what="user tasks with people"),
            about="Who has an open user task: element with user id.",
        ),
        Key(
            name="offered to",
            shape=MapShape(values=_WORDS, what="user tasks with groups"),
            about="To whom an open user task is offered: element with groups or user ids.",
        ),
        Key(
            name="incidents",
            shape=ChoiceShape(
                choices=(
                    _ELEMENT,
                    ListShape(items=_ELEMENT),
                    MapShape(values=_TEXT, what="elements with messages"),
                )
            ),
            about="Elements with an open incident, all of them; with a part of its message as "
            "value; or `none`.",
        ),
    ),
)

STEPS: Final = ListShape(
    items=VerbShape(
        what="a step",
        records=(
            RecordShape(
                what="the step `start`",
                keys=(
                    _verb("start", TextShape(what="a process id"), "Start an instance."),
                    Key(name="at", shape=_ELEMENT, about="The start event, if not the usual one."),
                    Key(name="business key", shape=_TEXT, about="The instance's business key."),
                    *_WITH_VARIABLES,
                ),
            ),
            RecordShape(
                what="the step `complete job`",
                keys=(_verb("complete job", _JOB, "Do a job."), *_WITH_VARIABLES),
            ),
            RecordShape(
                what="the step `throw error`",
                keys=(
                    _verb("throw error", TextShape(what="an error code"), "Throw a BPMN error."),
                    Key(
                        name="at",
                        shape=_JOB,
                        about="The job or user task that ends with the error.",
                        is_required=True,
                    ),
                    Key(name="message", shape=_TEXT, about="What the error says."),
                    *_WITH_VARIABLES,
                ),
            ),
            RecordShape(
                what="the step `fail job`",
                keys=(
                    _verb("fail job", _JOB, "Report that an attempt of a job failed."),
                    Key(name="message", shape=_TEXT, about="What went wrong."),
                    Key(
                        name="retries left",
                        shape=CountShape(),
                        about="Attempts that remain; with none, an incident. Default: 0.",
                    ),
                ),
            ),
            RecordShape(
                what="the step `complete task`",
                keys=(
                    _verb("complete task", _ELEMENT, "Do a user task."),
                    Key(
                        name="by",
                        shape=TextShape(what="a user id"),
                        about="Who claims and completes it; it fails if they may not. Default: "
                        "an operator.",
                    ),
                    Key(name="groups", shape=_WORDS, about="The groups of that person."),
                    *_WITH_VARIABLES,
                ),
            ),
            RecordShape(
                what="the step `publish message`",
                keys=(
                    _verb("publish message", TextShape(what="a name"), "Send a message."),
                    Key(name="correlation key", shape=_TEXT, about="Finds who waits."),
                    Key(
                        name="business key",
                        shape=_TEXT,
                        about="Finds who waits, or becomes the business key of what it starts.",
                    ),
                    *_WITH_VARIABLES,
                ),
            ),
            RecordShape(
                what="the step `broadcast signal`",
                keys=(
                    _verb("broadcast signal", TextShape(what="a name"), "Send a signal."),
                    *_WITH_VARIABLES,
                ),
            ),
            RecordShape(
                what="the step `move clock`",
                keys=(
                    _verb(
                        "move clock",
                        _SPAN_OR_MOMENT,
                        "Let time pass, or move to a moment; timers fire on the way, in order.",
                    ),
                ),
            ),
            RecordShape(
                what="the step `resolve incident`",
                keys=(
                    _verb("resolve incident", _ELEMENT, "Try again what failed at an element."),
                    Key(
                        name="retries",
                        shape=CountShape(),
                        about="Attempts that the job gets. Default: 1.",
                    ),
                    *_WITH_VARIABLES,
                ),
            ),
            RecordShape(
                what="the step `cancel instance`",
                keys=(
                    _verb(
                        "cancel instance",
                        TextShape(what="a reason"),
                        "End the instance for good, for this reason.",
                    ),
                ),
            ),
            RecordShape(
                what="the step `expect`",
                keys=(
                    Key(
                        name="expect",
                        shape=_EXPECTATION,
                        about="What must be true now.",
                        is_required=True,
                    ),
                ),
            ),
        ),
    )
)

"""The steps of a case, or of the setup."""

_CLOCK: Final = Key(
    name="clock",
    shape=_MOMENT,
    about="When a case begins. Default: 2026-01-01T09:00:00Z.",
)

_CASE: Final = RecordShape(
    what="a case",
    keys=(
        Key(
            name="name",
            shape=TextShape(what="a name"),
            about="A sentence that says what is true when the case passes.",
            is_required=True,
        ),
        Key(name="about", shape=_TEXT, about="More words for readers."),
        _CLOCK,
        _JOBS,
        Key(name="steps", shape=STEPS, about="What happens, in order.", is_required=True),
        Key(
            name="examples",
            shape=ListShape(
                items=MapShape(values=AnyShape(), what="a row (columns and values)"), at_least=1
            ),
            about="A table: the case runs once for each row; `<column>` in it stands for the "
            "row's value.",
        ),
    ),
)

FILE: Final = RecordShape(
    what="a test file",
    keys=(
        Key(
            name="deploy",
            shape=ChoiceShape(
                choices=(
                    TextShape(what="a file or folder"),
                    ListShape(items=TextShape(what="a file or folder"), at_least=1),
                )
            ),
            about="Diagrams and forms, or folders with them, as seen from this file.",
            is_required=True,
        ),
        _CLOCK,
        Key(
            name="variable sets",
            shape=MapShape(values=_VARIABLES, what="sets of variables by name"),
            about="Variables that several steps `use`.",
        ),
        _JOBS,
        Key(name="setup", shape=STEPS, about="Steps that every case begins with."),
        Key(
            name="cases",
            shape=ListShape(items=_CASE, at_least=1),
            about="The cases; each has an engine of its own.",
            is_required=True,
        ),
    ),
)
"""A whole test file."""
