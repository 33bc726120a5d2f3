"""What a test needs and does not find: a skip with its reason, and in CI a failure."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(words: str) -> NoReturn:
    """Skip the test; where CI runs it, which has everything, fail it."""
    if os.environ.get("CI") == "true":
        pytest.fail(words)
    pytest.skip(words)
