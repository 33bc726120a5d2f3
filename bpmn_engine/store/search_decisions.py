"""Searches over decisions that business rule tasks called, as the journal tells them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    String,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
)

from bpmn_engine.kernel.commands import CompleteJob, FailJob
from bpmn_engine.store.columns import BIG_KEY
from bpmn_engine.store.search_instances import computed_key
from bpmn_engine.store.searching import Searchable
from bpmn_engine.store.tables import decision, journal, process_instance
from bpmn_engine.views.records import DecisionInstanceRecord

_JOURNAL: Final = journal.c
_DECISION: Final = decision.c

_SAID: Final = (
    literal("Decision ", Text)
    + _DECISION.decision_id
    + literal(", version ", Text)
    + cast(_DECISION.version, String)
    + literal(".", Text)
)
"""How the reason of an entry begins that answers a business rule task."""

_FAILED: Final = (
    literal("The decision ", Text)
    + _DECISION.decision_id
    + literal(" (version ", Text)
    + cast(_DECISION.version, String)
    + literal(")", Text)
)
"""What the message of an entry holds that says why there is no answer."""

_DETAIL: Final = type_coerce(_JOURNAL.detail, Text)
_IS_ANSWER: Final = and_(
    _JOURNAL.action == CompleteJob.__name__, _JOURNAL.reason.like("Decision %, version %")
)
_IS_FAILURE: Final = and_(
    _JOURNAL.action == FailJob.__name__, _DETAIL.like("%The decision % (version %")
)

DECISION_INSTANCES: Final[Searchable[DecisionInstanceRecord]] = Searchable(
    item=DecisionInstanceRecord,
    statement=select(
        computed_key(_JOURNAL.instance_key, _JOURNAL.sequence).label("key"),
        _JOURNAL.instance_key,
        _JOURNAL.sequence,
        _JOURNAL.wait,
        _JOURNAL.element_id,
        _JOURNAL.at,
        _JOURNAL.detail,
        _DECISION.key.label("decision_key"),
        _DECISION.decision_id,
        func.coalesce(_DECISION.name, _DECISION.decision_id).label("name"),
        _DECISION.version,
        _DECISION.resource_key.label("requirements_key"),
        process_instance.c.definition_key,
        process_instance.c.business_key,
        process_instance.c.root_key,
        case((_JOURNAL.action == FailJob.__name__, "FAILED"), else_="EVALUATED").label("state"),
        type_coerce(null(), BIG_KEY).label("element_key"),
    )
    .join(process_instance, process_instance.c.key == _JOURNAL.instance_key)
    .join(
        decision,
        or_(
            and_(_IS_ANSWER, func.substr(_JOURNAL.reason, 1, func.length(_SAID)) == _SAID),
            # LIKE would take an underscore in an id for any letter.
            and_(_IS_FAILURE, func.replace(_DETAIL, _FAILED, "") != _DETAIL),
        ),
    )
    .where(_JOURNAL.wait.is_not(None), or_(_IS_ANSWER, _IS_FAILURE)),
    key=("instance_key", "sequence"),
    within={"key": "instance_key"},
)
"""Decisions that were made, and those that gave no result: incidents of their tasks."""
