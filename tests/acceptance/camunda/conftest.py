"""What tests of Camunda 7's API share: its document, and people whose answers are held to it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.acceptance.camunda.contract import Contract
from tests.acceptance.camunda.seven_client import rest_client
from tests.acceptance.site import Site
from tests.camunda_documents import engine_rest_document

EXPECTED = (
    "delegationState: None is not one of",  # the document cannot say that it may be null
    ".attachment is missing",  # only there when it is asked for
    ".comment is missing",
    ".fieldId is missing",  # of updates of forms, which are not variables
    ".fieldValue is missing",
    "value: ",  # of any type, and not an object only
)


@pytest.fixture
def document() -> Iterator[Contract]:
    """Camunda's document; in the end nothing that a test was answered is at fault with it."""
    seen = Contract(document=engine_rest_document())
    yield seen
    assert [each for each in seen.faults if not any(word in each for word in EXPECTED)] == []


@pytest.fixture
def root(site: Site, document: Contract) -> httpx.Client:
    """An administrator."""
    return document.watch(rest_client(site, "admin"))


@pytest.fixture
def operator(site: Site, document: Contract) -> httpx.Client:
    """An operator."""
    return document.watch(rest_client(site))
