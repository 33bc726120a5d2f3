"""The pytest plugin: the fixture `bpmn` gives each test a `ProcessTest` of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bpmn_engine.testing.process_test import ProcessTest


@pytest.fixture
def bpmn() -> Iterator[ProcessTest]:
    """Give an engine in memory whose time is moved by the test."""
    with ProcessTest() as test:
        yield test
