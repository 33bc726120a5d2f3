"""Deleting process definitions and deployments: the page, and the same through the API."""

import pytest

from bpmn_engine.service.views import Resource
from tests.acceptance.site import Site
from tests.diagrams import end, process, service, start

STOCK = process("s -> pick -> e", process_id="stock", s=start(), pick=service("pick"), e=end())


@pytest.fixture
def key(site: Site) -> int:
    """A definition with an instance that has not ended."""
    result = site.service.deploy([Resource(name="stock.bpmn", content=STOCK)], actor="carol")
    site.service.start_instance("stock", actor="carol")
    return result.definitions[0].definition_key


def test_an_administrator_deletes_a_version_on_its_page(site: Site, key: int) -> None:
    admin = site.browser("admin")

    page = admin.get("/processes/stock").text
    refused = admin.post(f"/processes/{key}/delete", data={"reason": "old"}, follow_redirects=True)
    done = admin.post(
        f"/processes/{key}/delete",
        data={"reason": "old", "cascade": "true"},
        follow_redirects=True,
    )

    assert "Delete version 1?" in page
    assert "there is 1 process instance" in refused.text
    assert "Version 1 is deleted." in done.text
    assert admin.get("/processes/stock").status_code == 404


def test_an_operator_has_no_such_button_and_is_refused(site: Site, key: int) -> None:
    carol = site.browser("carol")

    page = carol.get("/processes/stock").text
    refused = carol.post(f"/processes/{key}/delete", data={"cascade": "true"})

    assert "Delete version 1?" not in page
    assert refused.status_code == 403
    assert site.service.definition_versions("stock")


def test_the_api_deletes_and_records(site: Site, key: int) -> None:
    api = site.worker("admin")

    refused = api.delete(f"/api/v1/process-definitions/{key}")
    deleted = api.delete(
        f"/api/v1/process-definitions/{key}", params={"cascade": "true", "reason": "old"}
    ).json()
    recorded = api.get("/api/v1/deletions").json()["items"]

    assert refused.status_code == 409
    assert (deleted["instance_count"], deleted["reason"]) == (1, "old")
    assert deleted["definitions"] == [
        {"definition_key": str(key), "process_id": "stock", "version": 1}
    ]
    assert recorded == [deleted]
    assert api.get(f"/api/v1/process-definitions/{key}").status_code == 404


def test_the_api_deletes_a_deployment(site: Site, key: int) -> None:
    deployment = site.service.definition(key).summary.deployment_key
    api = site.worker("admin")

    by_operator = site.worker("carol").delete(f"/api/v1/deployments/{deployment}")
    deleted = api.delete(f"/api/v1/deployments/{deployment}", params={"cascade": "true"})
    again = api.delete(f"/api/v1/deployments/{deployment}")

    assert [one.status_code for one in (by_operator, deleted, again)] == [403, 200, 404]


def test_an_instance_is_shown_after_its_definition_is_deleted(site: Site, key: int) -> None:
    (instance,) = site.service.instances().items
    site.service.cancel_instance(instance.key, actor="carol")
    site.service.delete_definitions([key], actor="admin")
    carol, api = site.browser("carol"), site.worker("carol")

    page = carol.get(f"/instances/{instance.key}")
    fragments = [
        carol.get(f"/instances/{instance.key}/fragment/{tab}").status_code
        for tab in ("history", "journal", "change")
    ]
    addresses = [
        f"/api/v1/process-instances/{instance.key}",
        f"/api/v1/process-instances/{instance.key}/diagram",
        f"/api/v1/process-instances/{instance.key}/history",
        f"/api/v1/process-definitions/{key}/xml",
        "/api/v1/dashboard",
    ]

    assert page.status_code == 200
    assert fragments == [200, 200, 200]
    assert [api.get(address).status_code for address in addresses] == [200] * len(addresses)
    assert [
        carol.get(each).status_code for each in ("/instances", "/dashboard", "/retention")
    ] == [
        200,
        200,
        200,
    ]
