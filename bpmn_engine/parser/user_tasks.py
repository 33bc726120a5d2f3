"""Who does a user task, and by when: both flavours, and BPMN's own resource roles."""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.model.extensions import FormalExpression, UserTaskDefinition
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.formal_expressions import is_marked, literal, optional_literal
from bpmn_engine.parser.forms import read_form
from bpmn_engine.parser.namespaces import children, first_child, text_of


def read_user_task_definition(diagram: Diagram, element: Element) -> UserTaskDefinition:
    """Read assignment, schedule, priority and form; vendor extensions win over roles."""
    diagram.extensions(element, "zeebe:userTask")
    users, groups = _potential_owners(element)
    return UserTaskDefinition(
        assignee=_first(
            _of(diagram, element, "zeebe:assignmentDefinition", "assignee"),
            optional_literal(diagram.take(element, "camunda:assignee")),
            _human_performer(element),
        ),
        candidate_users=_first(
            _of(diagram, element, "zeebe:assignmentDefinition", "candidateUsers"),
            optional_literal(diagram.take(element, "camunda:candidateUsers")),
            users,
        ),
        candidate_groups=_first(
            _of(diagram, element, "zeebe:assignmentDefinition", "candidateGroups"),
            optional_literal(diagram.take(element, "camunda:candidateGroups")),
            groups,
        ),
        due_at=_first(
            _of(diagram, element, "zeebe:taskSchedule", "dueDate"),
            optional_literal(diagram.take(element, "camunda:dueDate")),
        ),
        follow_up_at=_first(
            _of(diagram, element, "zeebe:taskSchedule", "followUpDate"),
            optional_literal(diagram.take(element, "camunda:followUpDate")),
        ),
        priority=_first(
            _of(diagram, element, "zeebe:priorityDefinition", "priority"),
            optional_literal(diagram.take(element, "camunda:priority")),
        ),
        form=read_form(diagram, element),
    )


def split_owners(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split Camunda's `user(alice), group(sales), clerks` into users and groups."""
    users: list[str] = []
    groups: list[str] = []
    for entry in (part.strip() for part in text.split(",")):
        if entry.startswith("user(") and entry.endswith(")"):
            users.append(entry[5:-1].strip())
        elif entry.startswith("group(") and entry.endswith(")"):
            groups.append(entry[6:-1].strip())
        elif entry:
            groups.append(entry)
    return tuple(users), tuple(groups)


def _of(diagram: Diagram, element: Element, short: str, attribute: str) -> FormalExpression | None:
    extension = diagram.extension(element, short)
    return None if extension is None else optional_literal(extension.get(attribute))


def _first(*candidates: FormalExpression | None) -> FormalExpression | None:
    return next((candidate for candidate in candidates if candidate is not None), None)


def _role_text(role: Element) -> str:
    assignment = first_child(role, "resourceAssignmentExpression")
    return text_of(assignment)


def _human_performer(element: Element) -> FormalExpression | None:
    for role in children(element, "humanPerformer"):
        return optional_literal(_role_text(role))
    return None


def _potential_owners(
    element: Element,
) -> tuple[FormalExpression | None, FormalExpression | None]:
    users: list[str] = []
    groups: list[str] = []
    for role in children(element, "potentialOwner"):
        text = _role_text(role)
        if is_marked(text):
            return None, literal(text)
        more_users, more_groups = split_owners(text)
        users += more_users
        groups += more_groups
    return optional_literal(",".join(users)), optional_literal(",".join(groups))
