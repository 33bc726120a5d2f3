"""How hard Hypothesis looks: BPMN_ENGINE_EFFORT=20 tries twenty times as many examples."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings


def careful(examples: int) -> settings:
    """Return settings for that many examples, which are large and may take their time."""
    return settings(
        max_examples=examples * int(os.environ.get("BPMN_ENGINE_EFFORT", "1")),
        deadline=None,
        print_blob=True,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.filter_too_much,
        ],
    )
