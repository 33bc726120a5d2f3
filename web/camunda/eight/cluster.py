"""The cluster, which is this engine: topology, status, licence, configuration, clock."""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import Final

from flask import Response
from marshmallow import fields, validate

from bpmn_engine.clock import VirtualClock
from bpmn_engine.values import JsonValue
from web.camunda.bodies import Body, read_body
from web.camunda.dialect import answer, no_content
from web.camunda.eight.filters import TENANT
from web.camunda.eight.searches import read_search
from web.camunda.notes import partly
from web.camunda.orchestration import GATEWAY_VERSION, ORCHESTRATION
from web.context import principal, service, web_context
from web.errors import ProblemError

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LATEST: Final = 253_402_300_799_000
"""Milliseconds up to the year 9999."""


class PinBody(Body):
    """The time to show."""

    timestamp = fields.Integer(required=True, validate=validate.Range(0, _LATEST))


@ORCHESTRATION.get("/topology")
def topology() -> Response:
    """Describe the cluster: one broker with one partition, which is this engine."""
    partition: JsonValue = {
        "partitionId": 1,
        "role": "leader",
        "health": "healthy",
        "state": "active",
    }
    broker: JsonValue = {
        "nodeId": 0,
        "brokerId": "0",
        "host": "localhost",
        "port": 0,
        "partitions": [partition],
        "version": GATEWAY_VERSION,
    }
    return answer(
        {
            "brokers": [broker],
            "clusterId": None,
            "clusterSize": 1,
            "partitionsCount": 1,
            "replicationFactor": 1,
            "gatewayVersion": GATEWAY_VERSION,
            "lastCompletedChangeId": "-1",
        }
    )


@ORCHESTRATION.get("/status")
def status() -> Response:
    """Say that the engine works."""
    service().latest_change()
    return no_content()


@ORCHESTRATION.get("/license")
def license_() -> Response:
    """Say that no licence is needed."""
    return answer(
        {"validLicense": True, "licenseType": "open", "isCommercial": False, "expiresAt": None}
    )


@ORCHESTRATION.get("/authentication/me")
def me() -> Response:
    """Say who asks."""
    who = principal()
    return answer(
        {
            "username": who.user_id,
            "displayName": who.display_name,
            "email": None,
            "authorizedComponents": ["*"],
            "tenants": [{"tenantId": TENANT, "name": "Default", "description": None}],
            "groups": sorted(who.groups),
            "roles": [who.role.word],
            "salesPlanType": "",
            "c8Links": {},
            "canLogout": False,
        }
    )


@ORCHESTRATION.post("/authentication/me/authorizations/search")
@partly("the list is empty: what somebody may do follows from their role")
def my_authorizations() -> Response:
    """Return no authorizations of single resources: there are none."""
    read_search({})
    nothing: JsonValue = {
        "totalItems": 0,
        "hasMoreTotalItems": False,
        "startCursor": None,
        "endCursor": None,
    }
    return answer({"authorizationsEnabled": False, "items": [], "page": nothing})


@ORCHESTRATION.get("/system/configuration")
def configuration() -> Response:
    """Return how clients should behave."""
    return answer(
        {
            "jobMetrics": {
                "enabled": False,
                "exportInterval": "PT5M",
                "maxWorkerNameLength": 250,
                "maxJobTypeLength": 250,
                "maxTenantIdLength": 31,
                "maxUniqueKeys": 0,
            },
            "components": {"active": []},
            "deployment": {
                "isMultiTenancyEnabled": False,
                "maxRequestSize": web_context().settings.max_body_bytes,
            },
            "authentication": {"canLogout": False, "isLoginDelegated": False},
            "cloud": {
                "organizationId": None,
                "clusterId": None,
                "mixpanelAPIHost": None,
                "mixpanelToken": None,
                "stage": None,
            },
        }
    )


@ORCHESTRATION.put("/clock")
@partly("only where the engine runs with a clock for tests; else 403")
def pin_clock() -> Response:
    """Let the engine's clock show a time, where it is one for tests."""
    body = read_body(PinBody)
    milliseconds = body["timestamp"]
    moment = _EPOCH + dt.timedelta(
        milliseconds=milliseconds if isinstance(milliseconds, int) else 0
    )
    _test_clock().set(moment)
    return no_content()


@ORCHESTRATION.post("/clock/reset")
@partly("only where the engine runs with a clock for tests; else 403")
def reset_clock() -> Response:
    """Let the engine's clock show the machine's time, where it is one for tests."""
    _test_clock().set(dt.datetime.now(dt.UTC))
    return no_content()


def _test_clock() -> VirtualClock:
    clock = service().clock
    if not isinstance(clock, VirtualClock):
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "Expected an engine that runs with a clock for tests, but this one runs with the "
            "clock of its machine.",
        )
    return clock
