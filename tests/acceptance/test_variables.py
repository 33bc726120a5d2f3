"""Changing variables while others do, too."""

import re

import pytest

from tests.acceptance.site import Site, start_approval


def address(site: Site) -> str:
    key = start_approval(site.worker("alice"), amount=1).instance_key
    return f"/api/v1/process-instances/{key}/variables"


def test_a_change_fits_the_variables_that_were_read_or_is_refused(site: Site) -> None:
    variables, carol = address(site), site.worker("carol")
    tag = carol.get(variables).headers["etag"]

    first = carol.patch(variables, json={"variables": {"amount": 2}}, headers={"If-Match": tag})
    second = carol.patch(variables, json={"variables": {"amount": 3}}, headers={"If-Match": tag})

    assert (first.status_code, second.status_code) == (200, 412)
    assert second.headers["content-type"] == "application/problem+json"
    assert "changed since" in second.json()["detail"]
    assert carol.get(variables).json()["items"][0]["value"] == 2
    assert carol.get(variables).headers["etag"] == f'"{first.json()["revision"]}"'


@pytest.mark.parametrize(
    ("tag", "status"),
    [("*", 200), ('"none of ours"', 412), ('W/"0"', 412), ("0", 200), ('"999999", "0"', 200)],
)
def test_the_forms_of_if_match(site: Site, tag: str, status: int) -> None:
    variables, carol = address(site), site.worker("carol")
    assert carol.get(variables).headers["etag"] == '"0"'

    answer = carol.patch(variables, json={"variables": {"a": 1}}, headers={"If-Match": tag})

    assert answer.status_code == status


def test_variables_are_merged_and_never_replaced(site: Site) -> None:
    variables, carol = address(site), site.worker("carol")

    replaced = carol.put(variables, json={"variables": {"other": 1}})
    merged = carol.patch(variables, json={"variables": {"other": 1}})

    assert replaced.status_code == 405
    assert merged.status_code == 200
    names = [each["name"] for each in carol.get(variables).json()["items"]]
    assert names == ["amount", "other"]


def test_the_editor_of_a_page_does_not_overwrite_what_changed_since_it_was_opened(
    site: Site,
) -> None:
    key = start_approval(site.worker("alice"), amount=1).instance_key
    browser = site.browser("carol")
    page = browser.get(f"/instances/{key}?tab=variables").text
    found = re.search(r'name="seen" value="(\d+)"', page)
    assert found is not None
    form = {"name": "amount", "scope_key": "0", "seen": found.group(1)}
    post = f"/instances/{key}/variables"

    saved = browser.post(post, data={**form, "value": "2"}, headers={"HX-Request": "true"})
    late = browser.post(post, data={**form, "value": "3"}, headers={"HX-Request": "true"})

    assert saved.status_code == 200
    assert late.status_code == 422
    assert "changed since" in late.text
    assert site.service.instance(int(key)).variables == {"amount": 2}
