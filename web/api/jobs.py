"""Jobs: work for programs, taken under a lock and answered."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from http import HTTPStatus

from flask import Response

from bpmn_engine.service.views import (
    ActivatedJob,
    AdHocAnswer,
    ElementStart,
    JobCompletion,
    JobFilter,
    JobView,
    Page,
    Problem,
)
from web.api.ad_hoc_schemas import AdHocAnswerValues
from web.api.job_batch_schemas import (
    CompletionBatchBody,
    CompletionBatchValues,
    CompletionOutcomeSchema,
)
from web.api.resource import Resource, no_content
from web.api.schemas import list_of, page_of, page_request
from web.api.work_schemas import (
    ActivateBody,
    ActivatedJobSchema,
    ActivateValues,
    CompleteJobBody,
    CompleteJobValues,
    ExtendLockBody,
    ExtendLockValues,
    FailJobBody,
    FailJobValues,
    JobErrorBody,
    JobErrorValues,
    JobQuery,
    JobQueryValues,
    JobSchema,
)
from web.context import principal, service
from web.errors import problem_body, problem_error

JOBS = Resource("jobs", "/jobs", "Automatic work, done by workers in any language.")

PAUSE_SECONDS = 0.25
"""Between two looks for jobs while a request is held open."""


@JOBS.endpoint("GET ", query=JobQuery, answer=page_of(JobSchema))
def list_jobs(query: JobQueryValues) -> Page[JobView] | Problem:
    """List jobs."""
    wanted = JobFilter(
        job_type=query["job_type"],
        instance_key=query["instance_key"],
        process_id=query["process_id"],
        state=query["state"],
    )
    return service().jobs(wanted, page=page_request(query))


@JOBS.endpoint("POST /activation", body=ActivateBody, answer=list_of(ActivatedJobSchema))
def activate(body: ActivateValues) -> dict[str, object]:
    """Lock jobs for a worker; when there is none, wait up to `wait_seconds` for one."""
    give_up_at = time.monotonic() + body["wait_seconds"]
    while True:
        jobs = _lock(body)
        rest = give_up_at - time.monotonic()
        if jobs or rest <= 0:
            return {"items": jobs}
        time.sleep(min(PAUSE_SECONDS, rest))


@JOBS.endpoint("POST /<key:key>/completion", body=CompleteJobBody, status=HTTPStatus.NO_CONTENT)
def complete(body: CompleteJobValues, key: int) -> Response | Problem:
    """Complete the job; 409 when its lock was lost meanwhile."""
    problem = service().complete_jobs([_completion(key, body)], actor=principal().user_id)[0]
    return problem or no_content()


@JOBS.endpoint(
    "POST /completion/batch", body=CompletionBatchBody, answer=list_of(CompletionOutcomeSchema)
)
def complete_batch(body: CompletionBatchValues) -> dict[str, object]:
    """Complete many jobs; the outcomes come in the order of the jobs.

    One that cannot be completed does not hold up the others.
    """
    done = [_completion(each["key"], each) for each in body["jobs"]]
    problems = service().complete_jobs(done, actor=principal().user_id)
    return {
        "items": [
            {
                "key": completion.key,
                "problem": None if problem is None else problem_body(problem_error(problem)),
            }
            for completion, problem in zip(done, problems, strict=True)
        ]
    }


def _completion(key: int, body: CompleteJobValues) -> JobCompletion:
    return JobCompletion(
        key=key,
        variables=body["variables"],
        lock_token=body["lock_token"],
        worker=body["worker"],
        ad_hoc=_ad_hoc(body["ad_hoc"]),
        is_denied=body["is_denied"],
        corrections=body["corrections"],
    )


def _ad_hoc(values: AdHocAnswerValues | None) -> AdHocAnswer | None:
    if values is None:
        return None
    return AdHocAnswer(
        elements=tuple(
            ElementStart(element_id=one["element_id"], variables=one["variables"])
            for one in values["elements"]
        ),
        is_fulfilled=values["is_fulfilled"],
        cancels_remaining=values["cancels_remaining"],
    )


@JOBS.endpoint("POST /<key:key>/failure", body=FailJobBody, status=HTTPStatus.NO_CONTENT)
def fail(body: FailJobValues, key: int) -> Response | Problem:
    """Report a technical failure; the job is tried again later, or becomes an incident."""
    after = body["retry_after_seconds"]
    problem = service().fail_job(
        key,
        body["message"],
        retries_left=body["retries_left"],
        retry_after=None if after is None else dt.timedelta(seconds=after),
        lock_token=body["lock_token"],
        actor=principal().user_id,
    )
    return problem or no_content()


@JOBS.endpoint("POST /<key:key>/error", body=JobErrorBody, status=HTTPStatus.NO_CONTENT)
def throw_error(body: JobErrorValues, key: int) -> Response | Problem:
    """End the job with a BPMN error, to be caught by an error event."""
    problem = service().throw_job_error(
        key,
        body["error_code"],
        message=body["message"] or "",
        variables=body["variables"],
        lock_token=body["lock_token"],
        actor=principal().user_id,
    )
    return problem or no_content()


@JOBS.endpoint("POST /<key:key>/lock", body=ExtendLockBody, status=HTTPStatus.NO_CONTENT)
def extend_lock(body: ExtendLockValues, key: int) -> Response | Problem:
    """Keep the job for longer, counted from now."""
    until = service().extend_job_lock(
        key, lock=dt.timedelta(seconds=body["lock_seconds"]), lock_token=body["lock_token"]
    )
    return until if isinstance(until, Problem) else no_content()


def _lock(body: ActivateValues) -> Sequence[ActivatedJob]:
    return service().activate_jobs(
        body["types"],
        worker=body["worker"],
        limit=body["limit"],
        lock=dt.timedelta(seconds=body["lock_seconds"]),
        fetch_variables=body["fetch_variables"],
    )
