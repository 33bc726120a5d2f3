"""Fixtures of the browser tests: one company, one browser; a context for each visitor."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, StorageState, sync_playwright

from tests.acceptance.processes.company import (
    PASSWORD,
    Company,
    running_company,
    simulated_systems,
)
from tests.browser.stage import set_stage
from tests.browser.visitor import Visitor
from tests.missing import missing
from web.app import BUNDLE

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

AXE = Path(__file__).parents[2] / "web/frontend/node_modules/axe-core/axe.min.js"

Visit = Callable[..., Visitor]


def need(is_there: object, words: str) -> None:
    """Skip the test where something is missing; in CI that is a failure."""
    if not is_there:
        missing(words)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The browser that all tests share."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    need(chromium, "There is no browser: install chromium, or name it in CHROMIUM.")
    need((BUNDLE / "manifest.json").exists(), "The browser bundle is not built.")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield running
        running.close()


@pytest.fixture(scope="package")
def axe() -> str:
    """The source of axe-core."""
    need(AXE.exists(), "axe-core is missing: run npm ci in web/frontend.")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="package")
def company(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The company whose pages are visited, with instances at every kind of place."""
    folder = tmp_path_factory.mktemp("company")
    with running_company(folder) as running:
        set_stage(running)
        with simulated_systems(running):
            yield running


@pytest.fixture(scope="package")
def sessions() -> dict[str, StorageState]:
    """The cookies of whoever has logged in already."""
    return {}


@pytest.fixture
def visit(
    browser: Browser, company: Company, sessions: dict[str, StorageState]
) -> Iterator[Visit]:
    """Return visitors on demand; after the test no browser may have complained."""
    visitors: list[Visitor] = []

    def make(
        user_id: str | None = None,
        *,
        width: int = 1440,
        theme: Literal["light", "dark"] = "light",
    ) -> Visitor:
        context = browser.new_context(
            base_url=company.url,
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            reduced_motion="reduce",
            storage_state=None if user_id is None else sessions.get(user_id),
        )
        context.set_default_timeout(10_000)
        visitor = Visitor(page=context.new_page())
        visitors.append(visitor)
        if user_id is not None and user_id not in sessions:
            log_in(visitor, user_id, PASSWORD)
            visitor.page.wait_for_url("**/worklist")
            sessions[user_id] = context.storage_state()
        return visitor

    yield make

    complaints = [text for visitor in visitors for text in visitor.complaints]
    for visitor in visitors:
        visitor.page.context.close()
    assert complaints == []


def log_in(visitor: Visitor, user_id: str, password: str) -> None:
    """Fill in and send the log-in form."""
    page = visitor.open("/login")
    page.get_by_label("User name").fill(user_id)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
