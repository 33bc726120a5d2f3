"""Who does a user task, and by when: both flavours, and BPMN's own resource roles."""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.model.extensions import FormalExpression, UserTaskDefinition
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.formal_expressions import is_marked, literal, optional_literal
from bpmn_engine.parser.forms import read_form
from bpmn_engine.parser.namespaces import children, first_child, is_for_camunda, text_of
from bpmn_engine.parser.resources import read_lane, read_resources, role_owner


def read_user_task_definition(
    diagram: Diagram, element: Element, drawn: Element
) -> UserTaskDefinition:
    """Read assignment, schedule, priority and form; vendor extensions win over roles.

    Args:
        diagram: the file.
        element: the user task, or the global one that is called.
        drawn: the user task, or the call activity that calls it.
    """
    diagram.extensions(element, "zeebe:userTask")
    owner = role_owner(diagram, element, drawn)
    users, groups = (None, None) if owner is None else _potential_owners(diagram, owner)
    return UserTaskDefinition(
        assignee=_first(
            _of(diagram, element, "zeebe:assignmentDefinition", "assignee"),
            optional_literal(diagram.take(element, "camunda:assignee")),
            None if owner is None else _human_performer(diagram, owner),
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
        resources=(read_lane(diagram, drawn) if owner is None else read_resources(diagram, owner)),
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


def _expression_roles(diagram: Diagram, owner: Element, *names: str) -> list[Element]:
    """Return the roles of these names that have an expression, noted as used."""
    found = [
        role
        for role in children(owner, *names)
        if first_child(role, "resourceAssignmentExpression") is not None
    ]
    for role in found:
        diagram.findings.used.add(role)
        for assignment in children(role, "resourceAssignmentExpression"):
            diagram.findings.used.add(assignment)
            diagram.findings.used.update(children(assignment, "expression", "formalExpression"))
    return found


def _human_performer(diagram: Diagram, owner: Element) -> FormalExpression | None:
    names = ["humanPerformer"]
    if not is_for_camunda(diagram.root):
        names.append("performer")
    for role in _expression_roles(diagram, owner, *names):
        return optional_literal(_role_text(role))
    return None


def _potential_owners(
    diagram: Diagram, owner: Element
) -> tuple[FormalExpression | None, FormalExpression | None]:
    users: list[str] = []
    groups: list[str] = []
    for role in _expression_roles(diagram, owner, "potentialOwner"):
        text = _role_text(role)
        if is_marked(text):
            return None, literal(text)
        more_users, more_groups = split_owners(text)
        users += more_users
        groups += more_groups
    return optional_literal(",".join(users)), optional_literal(",".join(groups))
