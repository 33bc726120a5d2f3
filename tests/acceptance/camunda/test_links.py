"""Addresses that the Modeler opens after a deployment lead to our pages."""

from __future__ import annotations

import pytest

from tests.acceptance.site import Site, deploy_approval, running_site


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/camunda/app/cockpit/process-instance/42", "/instances/42"),
        ("/camunda/app/cockpit/default/process-instance/42", "/instances/42"),
        ("/camunda/app/cockpit/repository?deploymentsQuery=%5B%5D", "/processes"),
        ("/camunda/app/cockpit/default/", "/processes"),
        ("/app/cockpit/default/", "/processes"),
        ("/camunda/app/tasklist/", "/worklist"),
        ("/processes?process=approval&version=1&active=true", "/processes/approval?version=1"),
        ("/processes?process=a%2Fb", "/processes/a%2Fb"),
        ("/processes/265041425203200009", "/instances/265041425203200009"),
        ("/decisions?name=discount&version=1", "/playground"),
    ],
)
def test_an_address_leads_to_a_page(site: Site, address, page) -> None:
    answer = site.browser("carol").get(address, follow_redirects=False)

    assert answer.status_code in {302, 303}
    assert answer.headers["Location"] == page


def test_a_process_is_still_a_page(site: Site) -> None:
    deploy_approval(site)

    assert site.browser("carol").get("/processes/approval").status_code == 200


def test_the_modeler_learns_where_the_web_applications_are(tmp_path) -> None:
    with running_site(tmp_path, modeler_origins=("file://",)) as site:
        answer = site.anonymous().get(
            "/.well-known/camunda-automation-platform/webapps", headers={"Origin": "file://"}
        )

    assert answer.json()["cockpitUrl"] == f"{site.url}/camunda/app/cockpit/"
    assert "#" not in answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == "file://"


def test_whoever_is_not_logged_in_is_asked_to_be(site: Site) -> None:
    answer = site.anonymous().get("/camunda/app/cockpit/process-instance/42")

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login")
