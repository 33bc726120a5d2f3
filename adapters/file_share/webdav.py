"""A WebDAV server as a share (RFC 4918).

Folders and listings go through webdav4; the write itself is a plain PUT with `If-None-Match: *`
(RFC 9110, 13.1.2), which lets the server decide in one step whether the file is new.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from urllib.parse import quote

import httpx
from webdav4.client import Client, ClientError, ResourceNotFound
from webdav4.http import Client as WebdavClient

from adapters.file_share.profile import FileShareProfile
from adapters.file_share.share import Entry, ShareError

_CREATED = frozenset({200, 201, 204})
_PRECONDITION_FAILED = 412
_PARENT_MISSING = frozenset({404, 409})
_FOLDER_EXISTS = 405
_OK = 200
_SERVER_ERROR = 500
_CODES = {
    401: "ACCESS_REFUSED",
    403: "ACCESS_REFUSED",
    404: "FILE_NOT_FOUND",
    413: "FILE_TOO_LARGE",
    423: "SHARE_UNAVAILABLE",
    429: "SHARE_UNAVAILABLE",
    507: "SHARE_FULL",
}


class WebdavShare:
    """The share `webdav`."""

    def __init__(self, profile: FileShareProfile) -> None:
        self._profile = profile
        self._root = profile.root.rstrip("/")

    def check(self) -> None:
        """See Share."""
        self.entries((), bound=0)

    def create(self, path: tuple[str, ...], content: bytes) -> bool:
        """See Share. Asked for first, too, for the sake of servers that ignore the condition."""
        if self.exists(path):
            return False
        with self._client() as client:
            status = self._put(client, path, content, {"If-None-Match": "*"})
        return status != _PRECONDITION_FAILED

    def replace(self, path: tuple[str, ...], content: bytes) -> None:
        """See Share."""
        with self._client() as client:
            self._put(client, path, content, {})

    def read(self, path: tuple[str, ...], bound: int) -> bytes:
        """See Share."""
        content = bytearray()
        with (
            self._client() as client,
            client.stream("GET", self._address(path)) as response,
        ):
            _expect(response.status_code, frozenset({_OK}))
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > bound:
                    break
        return bytes(content[: bound + 1])

    def entries(self, path: tuple[str, ...], bound: int) -> list[Entry]:
        """See Share."""
        with self._client() as client:
            dav = Client(self._root, http_client=client, retry=False)
            own_path = dav.join_url(_quoted(path)).path.rstrip("/")
            found: list[Entry] = []
            for one in dav.propfind(_quoted(path), headers={"Depth": "1"}).responses.values():
                place: str = httpx.URL(one.href).path.rstrip("/")
                is_folder = one.properties.resource_type == "directory"
                if place == own_path and not is_folder:
                    raise ShareError("FILE_NOT_FOUND", "Expected a folder, but it is a file.")
                if place != own_path:
                    found.append(Entry(name=place.rpartition("/")[2], is_folder=is_folder))
        return found[: bound + 1]

    def exists(self, path: tuple[str, ...]) -> bool:
        """See Share."""
        with self._client() as client:
            dav = Client(self._root, http_client=client, retry=False)
            try:
                dav.propfind(_quoted(path), headers={"Depth": "0"})
            except ResourceNotFound:
                return False
        return True

    def delete(self, path: tuple[str, ...]) -> None:
        """See Share."""
        with self._client() as client:
            response = client.delete(self._address(path))
            _expect(response.status_code, _CREATED | {404})

    def _put(
        self,
        client: WebdavClient,
        path: tuple[str, ...],
        content: bytes,
        condition: dict[str, str],
    ) -> int:
        """Write the file; where its folder is missing, make it and write once more."""
        address = self._address(path)
        status: int = client.put(address, content=content, headers=condition).status_code
        if status in _PARENT_MISSING and len(path) > 1:
            for depth in range(1, len(path)):
                made = client.mkcol(f"{self._address(path[:depth])}/")
                _expect(made.status_code, _CREATED | {_FOLDER_EXISTS})
            status = client.put(address, content=content, headers=condition).status_code
        if status == _PRECONDITION_FAILED and condition:
            return status
        _expect(status, _CREATED)
        return status

    def _address(self, path: tuple[str, ...]) -> str:
        return f"{self._root}/{_quoted(path)}"

    @contextlib.contextmanager
    def _client(self) -> Iterator[WebdavClient]:
        """Open a client; its errors leave as ShareError."""
        profile = self._profile
        auth: tuple[str, str] | None = None
        if profile.user is not None and profile.password is not None:
            auth = (profile.user, profile.password.get_secret_value())
        try:
            with WebdavClient(
                auth=auth,
                verify=_tls_context(profile),
                timeout=profile.timeout_seconds,
                trust_env=False,
                follow_redirects=False,
            ) as client:
                yield client
        except ResourceNotFound as error:
            raise ShareError("FILE_NOT_FOUND", "Expected the path, but it is absent.") from error
        except ClientError as error:
            status: object = getattr(error, "status_code", None)
            raise _error(status if isinstance(status, int) else _SERVER_ERROR) from error
        except ssl.SSLError as error:
            raise ShareError("ACCESS_REFUSED", f"Expected readable TLS, but {error}.") from error
        except httpx.ConnectError as error:
            code = "ACCESS_REFUSED" if "CERTIFICATE" in str(error) else "SHARE_UNAVAILABLE"
            raise ShareError(code, f"Expected a connection, but {error}.") from error
        except httpx.TransportError as error:
            raise ShareError(
                "SHARE_UNAVAILABLE", f"Expected an answer, but {type(error).__name__}."
            ) from error


def _quoted(path: tuple[str, ...]) -> str:
    """Return the path for an address; % too is quoted, so that no name is a quoted `..`."""
    return "/".join(quote(name, safe="") for name in path)


def _tls_context(profile: FileShareProfile) -> ssl.SSLContext:
    if profile.verify_tls and profile.ca_file is not None:
        return ssl.create_default_context(cafile=str(profile.ca_file))
    return httpx.create_ssl_context(verify=profile.verify_tls, trust_env=False)


def _expect(status: int, good: frozenset[int]) -> None:
    if status not in good:
        raise _error(status)


def _error(status: int) -> ShareError:
    fallback = "SHARE_UNAVAILABLE" if status >= _SERVER_ERROR else "SHARE_FAILED"
    return ShareError(_CODES.get(status, fallback), f"The server answered {status}.")
