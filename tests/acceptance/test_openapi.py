"""The description of the API: valid, whole, and shown as a page."""

import re

from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.acceptance.site import Site


def test_the_document_is_valid_openapi_3_1(site: Site) -> None:
    document = site.anonymous().get("/api/v1/openapi.json").json()

    errors = list(OpenAPIV31SpecValidator(document).iter_errors())

    assert document["openapi"] == "3.1.0"
    assert errors == []


def test_every_route_of_the_api_is_described(site: Site) -> None:
    document = site.anonymous().get("/api/v1/openapi.json").json()

    described = {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters"
    }

    routes = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in site.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        and rule.endpoint not in {"api-docs.openapi_json", "reference.show_reference"}
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == routes


def test_every_operation_says_what_it_does_and_what_its_errors_look_like(site: Site) -> None:
    document = site.anonymous().get("/api/v1/openapi.json").json()

    for item in document["paths"].values():
        for method, operation in item.items():
            if method != "parameters":
                assert operation["summary"]
                assert "default" in operation["responses"]
    problems = document["components"]["responses"]["DEFAULT_ERROR"]["content"]
    assert list(problems) == ["application/problem+json"]


def test_the_reference_page_shows_every_operation(site: Site) -> None:
    document = site.anonymous().get("/api/v1/openapi.json").json()

    page = site.browser("alice").get("/api/v1/docs")

    assert page.status_code == 200
    assert "//cdn" not in page.text
    for path in document["paths"]:
        assert f">{path}</code>" in page.text


def test_the_short_address_leads_to_the_reference_page(site: Site) -> None:
    answer = site.browser("alice").get("/api/docs")

    assert (answer.status_code, answer.headers["location"]) == (308, "/api/v1/docs")
