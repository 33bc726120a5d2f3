"""Fixtures of the acceptance tests: a web application that runs on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.site import Site, deploy_approval, running_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A running web application with the demo's users and the approval process."""
    with running_site(tmp_path) as running:
        deploy_approval(running)
        yield running
