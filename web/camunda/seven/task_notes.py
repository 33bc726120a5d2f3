"""Comments, attachments and identity links of user tasks."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from flask import Response, request

from bpmn_engine.service.task_views import AttachmentView, CommentView, NewAttachment
from bpmn_engine.service.views import Problem, ProblemKind
from bpmn_engine.values import JsonValue
from web.camunda.bodies import text_or_none
from web.camunda.dialect import answer, done, no_content, unless_problem
from web.camunda.engine_rest import ENGINE_REST, written_time
from web.camunda.seven.failures import missing, not_offered, unless, unusable
from web.camunda.seven.identifiers import key_or_missing, text_of
from web.camunda.seven.query_reading import json_object
from web.camunda.seven.tasks import open_task
from web.context import principal, service

_TASK = "/task/<task_id>"
_INSTANCE = "/process-instance/<instance_id>"


@ENGINE_REST.get(f"{_TASK}/comment")
def list_task_comments(task_id: str) -> Response:
    """List what was said about a task, newest first."""
    found = service().task_comments(_key(task_id), caller=principal().caller)
    if isinstance(found, Problem):
        raise missing(f"No task found for task id {task_id}")
    return answer([written_comment(each) for each in found])


@ENGINE_REST.post(f"{_TASK}/comment/create")
def create_task_comment(task_id: str) -> Response:
    """Say something about a task."""
    message = text_or_none(json_object().get("message"))
    made = service().comment_on_task(_key(task_id), message or "", caller=principal().caller)
    if isinstance(made, Problem) and made.kind is ProblemKind.NOT_FOUND:
        raise unusable(f"No task found for task id {task_id}")
    return answer(written_comment(unless_problem(made)))


@ENGINE_REST.put(f"{_TASK}/comment")
def update_task_comment(task_id: str) -> Response:
    """Say a comment again in other words."""
    body = json_object()
    message = text_or_none(body.get("message"))
    if not message:
        raise unusable("Message is null")
    return done(
        service().change_task_comment(
            _key(task_id), _key(str(body.get("id"))), message, caller=principal().caller
        )
    )


@ENGINE_REST.delete(f"{_TASK}/comment")
def delete_task_comments(task_id: str) -> Response:
    """Delete every comment on a task."""
    return done(service().delete_task_comments(_key(task_id), caller=principal().caller))


@ENGINE_REST.get(f"{_TASK}/comment/<comment_id>")
def get_task_comment(task_id: str, comment_id: str) -> Response:
    """Return one comment on a task."""
    found = service().task_comment(_key(task_id), _key(comment_id), caller=principal().caller)
    if isinstance(found, Problem):
        raise missing(f"Task comment with id {comment_id} does not exist for task id '{task_id}'.")
    return answer(written_comment(found))


@ENGINE_REST.delete(f"{_TASK}/comment/<comment_id>")
def delete_task_comment(task_id: str, comment_id: str) -> Response:
    """Delete one comment on a task."""
    return done(
        service().delete_task_comments(_key(task_id), _key(comment_id), caller=principal().caller)
    )


@ENGINE_REST.get(f"{_INSTANCE}/comment")
def list_instance_comments(instance_id: str) -> Response:
    """List what was said about a process instance and its tasks, newest first."""
    found = service().instance_comments(_instance_key(instance_id))
    return answer([written_comment(each) for each in found])


@ENGINE_REST.put(f"{_INSTANCE}/comment")
def update_instance_comment(instance_id: str) -> Response:
    """Say a comment again in other words."""
    body = json_object()
    message = text_or_none(body.get("message"))
    if not message:
        raise unusable("Message is null")
    return done(
        service().change_instance_comment(
            _instance_key(instance_id),
            _key(str(body.get("id"))),
            message,
            actor=principal().user_id,
        )
    )


@ENGINE_REST.delete(f"{_INSTANCE}/comment")
def delete_instance_comments(instance_id: str) -> Response:
    """Delete every comment on a process instance and its tasks."""
    key = _instance_key(instance_id)
    return done(service().delete_instance_comments(key, actor=principal().user_id))


@ENGINE_REST.delete(f"{_INSTANCE}/comment/<comment_id>")
def delete_instance_comment(instance_id: str, comment_id: str) -> Response:
    """Delete one comment on a process instance or its tasks."""
    return done(
        service().delete_instance_comments(
            _instance_key(instance_id), _key(comment_id), actor=principal().user_id
        )
    )


@ENGINE_REST.get(f"{_TASK}/attachment")
def list_task_attachments(task_id: str) -> Response:
    """List what is attached to a task."""
    found = service().task_attachments(_key(task_id), caller=principal().caller)
    if isinstance(found, Problem):
        raise missing(f"No task found for task id {task_id}")
    return answer([_attachment(each) for each in found])


@ENGINE_REST.post(f"{_TASK}/attachment/create")
def create_task_attachment(task_id: str) -> Response:
    """Attach a file or an address, given in a form."""
    given = request.form
    file = request.files.get("content")
    content = file.read() if file is not None else None
    if content is None and "content" in given and "url" not in given:
        content = given["content"].encode()
    new = NewAttachment(
        name=given.get("attachment-name"),
        description=given.get("attachment-description"),
        kind=given.get("attachment-type"),
        url=None if content is not None else given.get("url"),
        content=content,
    )
    made = service().attach_to_task(_key(task_id), new, caller=principal().caller)
    if isinstance(made, Problem) and made.kind is ProblemKind.NOT_FOUND:
        raise unusable(f"No task found for task id {task_id}")
    return answer(_attachment(unless_problem(made)))


@ENGINE_REST.get(f"{_TASK}/attachment/<attachment_id>")
def get_task_attachment(task_id: str, attachment_id: str) -> Response:
    """Return one attachment, without its bytes."""
    found = service().task_attachment(
        _key(task_id), _key(attachment_id), caller=principal().caller
    )
    if isinstance(found, Problem):
        raise missing(_no_attachment(task_id, attachment_id))
    return answer(_attachment(found))


@ENGINE_REST.get(f"{_TASK}/attachment/<attachment_id>/data")
def get_task_attachment_data(task_id: str, attachment_id: str) -> Response:
    """Return the bytes of an attached file."""
    content = service().attachment_content(
        _key(task_id), _key(attachment_id), caller=principal().caller
    )
    if isinstance(content, Problem):
        raise missing(
            f"Attachment content for attachment with id '{attachment_id}' does not exist for "
            f"task id '{task_id}'."
        )
    return Response(
        content,
        status=HTTPStatus.OK,
        content_type="application/octet-stream",
        headers={"Content-Disposition": "attachment"},
    )


@ENGINE_REST.delete(f"{_TASK}/attachment/<attachment_id>")
def delete_task_attachment(task_id: str, attachment_id: str) -> Response:
    """Delete an attachment."""
    result = service().delete_attachment(
        _key(task_id), _key(attachment_id), caller=principal().caller
    )
    if isinstance(result, Problem) and result.kind is ProblemKind.NOT_FOUND:
        raise missing(f"Deletion is not possible. {_no_attachment(task_id, attachment_id)}")
    return done(result)


@ENGINE_REST.get(f"{_TASK}/identity-links")
def list_identity_links(task_id: str) -> Response:
    """List who has a task, whose it is, and to whom it is offered."""
    found = open_task(task_id)
    links: list[dict[str, JsonValue]] = []
    if found.task.assignee is not None:
        links.append(_link("assignee", user=found.task.assignee))
    if found.owner is not None:
        links.append(_link("owner", user=found.owner))
    links += [_link("candidate", user=user) for user in found.task.candidate_users]
    links += [_link("candidate", group=group) for group in found.task.candidate_groups]
    wanted = request.args.get("type")
    return answer([each for each in links if wanted is None or each["type"] == wanted])


@ENGINE_REST.post(f"{_TASK}/identity-links")
def add_identity_link(task_id: str) -> Response:
    """Give a task to somebody, or offer it."""
    return _change_link(task_id, json_object(), is_removed=False)


@ENGINE_REST.post(f"{_TASK}/identity-links/delete")
def delete_identity_link(task_id: str) -> Response:
    """Take a task from somebody, or do not offer it any more."""
    return _change_link(task_id, json_object(), is_removed=True)


def _change_link(task_id: str, body: Mapping[str, JsonValue], *, is_removed: bool) -> Response:
    user, group = text_or_none(body.get("userId")), text_or_none(body.get("groupId"))
    if (user is None) == (group is None):
        raise unusable("Identity Link requires userId or groupId, but not both.")
    key, caller = _key(task_id), principal().caller
    doing = f"Cannot change the identity links of task {task_id}"
    match body.get("type"):
        case "assignee":
            wanted = None if is_removed else user
            unless(service().assign_task(key, wanted, caller=caller), doing=doing, is_rest=False)
        case "owner":
            wanted = None if is_removed else user
            unless(
                service().set_task_owner(key, wanted, caller=caller), doing=doing, is_rest=False
            )
        case "candidate":
            unless(
                service().offer_task(
                    key, user=user, group=group, is_withdrawn=is_removed, caller=caller
                ),
                doing=doing,
                is_rest=False,
            )
        case other:
            raise not_offered(
                f"Expected the type assignee, owner or candidate, but got {other!r}."
            )
    return no_content()


def written_comment(comment: CommentView) -> dict[str, JsonValue]:
    """Return a comment as Camunda 7 writes it."""
    return {
        "id": str(comment.key),
        "userId": comment.author,
        "taskId": text_of(comment.task_key),
        "processInstanceId": str(comment.instance_key),
        "time": written_time(comment.at),
        "message": comment.message,
        "removalTime": None,
        "rootProcessInstanceId": str(comment.instance_key),
        "links": [],
    }


def _attachment(each: AttachmentView) -> dict[str, JsonValue]:
    return {
        "id": str(each.key),
        "name": each.name,
        "description": each.description,
        "taskId": str(each.task_key),
        "type": each.kind,
        "url": each.url,
        "createTime": written_time(each.created_at),
        "removalTime": None,
        "rootProcessInstanceId": str(each.instance_key),
        "links": [],
    }


def _link(kind: str, *, user: str | None = None, group: str | None = None) -> dict[str, JsonValue]:
    return {"userId": user, "groupId": group, "type": kind}


def _no_attachment(task_id: str, attachment_id: str) -> str:
    return f"Task attachment with id {attachment_id} does not exist for task id '{task_id}'."


def _key(text: str) -> int:
    return key_or_missing(text, "task")


def _instance_key(text: str) -> int:
    return key_or_missing(text, "process instance")
