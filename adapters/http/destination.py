"""Decides where a request may go, and pins the address it was decided for.

A diagram is written by someone who may draw, not by someone who may reach every host near the
worker. So an address must be below the profile's base or on one of its hosts, and every IP address
of the host must be public or in a network the profile allows. The request then goes to the IP
address that was checked: a name that changes its mind in between (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import unquote

import httpx

from adapters.http.profile import HttpProfile

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A checked address: the URL as it was meant, and the IP address to connect to."""

    url: httpx.URL
    address: str
    is_base: bool  #: below the profile's base address, or the profile has none

    @property
    def pinned_url(self) -> httpx.URL:
        """The URL with the checked IP address instead of the host's name."""
        return self.url.copy_with(host=self.address)

    @property
    def host_header(self) -> str:
        """The value of the header Host."""
        return self.url.netloc.decode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an address is not used: a row of the table of errors, and words for a person."""

    code: str
    message: str


def decide_destination(profile: HttpProfile, address: str) -> Destination | Refusal:
    """Return where a request to `address` goes, or why it is refused. Asks the name service."""
    judged = _judge_name(profile, address)
    if isinstance(judged, Refusal):
        return judged
    url, is_base = judged
    found = _resolve(url)
    if isinstance(found, Refusal):
        return found
    forbidden = next((one for one in found if not _is_allowed_address(profile, one)), None)
    if forbidden is not None:
        return _refuse(
            f"Expected {url.host} to be public or in an allowed network, but it is {forbidden}."
        )
    return Destination(url=url, address=str(found[0]), is_base=is_base)


def _judge_name(profile: HttpProfile, address: str) -> tuple[httpx.URL, bool] | Refusal:
    """Return the URL and whether it gets the profile's log-in; the name service is not asked."""
    try:
        base = None if profile.base_url is None else httpx.URL(profile.base_url)
        url = httpx.URL(address) if base is None else base.join(address)
    except httpx.InvalidURL as error:
        return _refuse(f"Expected an address, but {error}.")
    if url.userinfo:
        return Refusal(
            code="CREDENTIAL_IN_DIAGRAM",
            message="Expected an address without user and password, but it has them.",
        )
    if url.scheme not in _DEFAULT_PORTS or not url.host:
        return _refuse("Expected an absolute http or https address, or a base in the profile.")
    is_below = base is not None and _is_below(base, url)
    if not is_below and not _is_allowed_host(profile, url):
        return _refuse(f"Expected an address the profile allows, but the host is {url.host}.")
    return url, is_below or base is None


def _refuse(message: str) -> Refusal:
    return Refusal(code="ADDRESS_NOT_ALLOWED", message=message)


def _port(url: httpx.URL) -> int:
    return url.port or _DEFAULT_PORTS[url.scheme]


def _is_below(base: httpx.URL, url: httpx.URL) -> bool:
    if (base.scheme, base.host, _port(base)) != (url.scheme, url.host, _port(url)):
        return False
    segments = unquote(url.raw_path.decode("ascii").split("?")[0]).replace("\\", "/").split("/")
    return ".." not in segments and url.path.startswith(base.path)


def _is_allowed_host(profile: HttpProfile, url: httpx.URL) -> bool:
    names = {url.host.lower(), f"{url.host.lower()}:{_port(url)}"}
    for allowed in map(str.lower, profile.allowed_hosts):
        if allowed in names:
            return True
        if allowed.startswith("*.") and any(name.endswith(allowed[1:]) for name in names):
            return True
    return False


def _resolve(url: httpx.URL) -> tuple[IPv4Address | IPv6Address, ...] | Refusal:
    try:
        rows = socket.getaddrinfo(url.host, _port(url), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return Refusal(
            code="CONNECT_FAILED", message=f"Expected {url.host} to have an address, but {error}."
        )
    return tuple(_unmapped(str(row[4][0])) for row in rows)


def _unmapped(text: str) -> IPv4Address | IPv6Address:
    """Return the address; IPv4 in IPv6 clothing is undressed before it is judged."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or address
    return address


def _is_allowed_address(profile: HttpProfile, address: IPv4Address | IPv6Address) -> bool:
    if address.is_global and not address.is_multicast:
        return True
    return any(address in network for network in profile.allowed_networks)
