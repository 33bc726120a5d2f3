"""Fixtures of the shipped processes' acceptance tests: one company for all of them."""

from collections.abc import Iterator

import pytest

from tests.acceptance.processes.company import Company, running_company

SHIPPED = ("order_fulfilment", "employee_onboarding", "customer_value_stream")


@pytest.fixture(scope="package")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A company with the shipped processes deployed; its tests share it."""
    folder = tmp_path_factory.mktemp("company")
    with running_company(folder) as running:
        for process_id in SHIPPED:
            running.deploy(process_id)
        yield running
