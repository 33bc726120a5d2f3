"""Where the HTTP adapter may go: names, networks, and the address that is pinned."""

from __future__ import annotations

import pytest

from adapters.http.destination import Destination, Refusal, decide_destination
from adapters.http.profile import HttpProfile


def profile(**values: object) -> HttpProfile:
    return HttpProfile.model_validate(values)


def code(known: HttpProfile, address: str) -> str | None:
    decided = decide_destination(known, address)
    return decided.code if isinstance(decided, Refusal) else None


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "http://10.1.2.3/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[fe80::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
        "http://100.64.0.1/",
    ],
)
def test_what_is_not_public_is_refused_even_on_an_allowed_host(address: str) -> None:
    host = address.split("/")[2].strip("[]")

    assert code(profile(allowed_hosts=[host]), address) == "ADDRESS_NOT_ALLOWED"


@pytest.mark.parametrize(
    ("network", "address"),
    [
        ("10.1.0.0/16", "http://10.1.2.3/"),
        ("127.0.0.0/8", "http://[::ffff:127.0.0.1]/"),
        ("::1/128", "http://[::1]/"),
    ],
)
def test_a_network_the_profile_names_is_allowed(network: str, address: str) -> None:
    host = address.split("/")[2].strip("[]")
    known = profile(allowed_hosts=[host], allowed_networks=[network])

    assert isinstance(decide_destination(known, address), Destination)


@pytest.mark.parametrize(
    ("allowed", "is_allowed"),
    [
        ("192.0.2.1", True),
        ("192.0.2.1:80", True),
        ("192.0.2.1:8080", False),
        ("*.0.2.1", True),
        ("*.2.0.192", False),
        ("92.0.2.1", False),
    ],
)
def test_hosts_are_allowed_by_name_port_or_domain(allowed: str, is_allowed: bool) -> None:
    known = profile(allowed_hosts=[allowed], allowed_networks=["192.0.2.0/24"])

    assert (code(known, "http://192.0.2.1/x") is None) == is_allowed


def test_the_address_is_pinned_and_the_name_is_kept() -> None:
    known = profile(
        base_url="http://localhost:8080/api", allowed_networks=["127.0.0.0/8", "::1/128"]
    )

    decided = decide_destination(known, "orders?a=1")

    assert isinstance(decided, Destination)
    assert decided.host_header == "localhost:8080"
    assert decided.address in {"127.0.0.1", "::1"}
    assert decided.pinned_url.host == decided.address
    assert str(decided.url) == "http://localhost:8080/api/orders?a=1"
    assert decided.is_base


@pytest.mark.parametrize(
    "address", ["/other", "../other", "a/../../other", "a/%2E%2E/b", "..%2fother", "..%5cother"]
)
def test_no_address_leaves_the_base(address: str) -> None:
    known = profile(base_url="http://127.0.0.1/api/", allowed_networks=["127.0.0.0/8"])

    assert code(known, address) == "ADDRESS_NOT_ALLOWED"


def test_a_host_without_an_address_is_tried_again_later() -> None:
    known = profile(base_url=f"http://{'a' * 64}.invalid/")

    assert code(known, "x") == "CONNECT_FAILED"
