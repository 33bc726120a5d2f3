"""Any other protocol fsspec knows, as a share.

Whether two writers can both create a file depends on fsspec's `mode="create"` for that protocol:
object stores that know conditional writes are exact, others look first and write then.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import fsspec

from adapters.file_share.profile import FileShareProfile
from adapters.file_share.share import Entry, ShareError


class FilesystemShare:
    """A share of any fsspec protocol; its library must be installed."""

    def __init__(self, profile: FileShareProfile) -> None:
        secrets = {name: value.get_secret_value() for name, value in profile.secrets.items()}
        self._root = profile.root.rstrip("/")
        self._protocol = profile.protocol
        self._options = {**profile.options, **secrets}

    def check(self) -> None:
        """See Share."""
        with self._files() as files:
            files.ls(self._root, detail=False)

    def create(self, path: tuple[str, ...], content: bytes) -> bool:
        """See Share."""
        with self._files() as files:
            files.makedirs(self._place(path[:-1]), exist_ok=True)
            try:
                files.pipe_file(self._place(path), content, mode="create")
            except FileExistsError:
                return False
        return True

    def replace(self, path: tuple[str, ...], content: bytes) -> None:
        """See Share."""
        with self._files() as files:
            files.makedirs(self._place(path[:-1]), exist_ok=True)
            files.pipe_file(self._place(path), content)

    def read(self, path: tuple[str, ...], bound: int) -> bytes:
        """See Share."""
        with self._files() as files, files.open(self._place(path), "rb") as file:
            content: bytes = file.read(bound + 1)
        return content

    def entries(self, path: tuple[str, ...], bound: int) -> list[Entry]:
        """See Share."""
        with self._files() as files:
            rows = files.ls(self._place(path), detail=True)
            return [
                Entry(
                    name=str(row["name"]).rstrip("/").rpartition("/")[2],
                    is_folder=row["type"] == "directory",
                )
                for row in rows[: bound + 1]
            ]

    def exists(self, path: tuple[str, ...]) -> bool:
        """See Share."""
        with self._files() as files:
            return bool(files.exists(self._place(path)))

    def delete(self, path: tuple[str, ...]) -> None:
        """See Share."""
        with self._files() as files, contextlib.suppress(FileNotFoundError):
            files.rm_file(self._place(path))

    def _place(self, path: tuple[str, ...]) -> str:
        return "/".join((self._root, *path))

    @contextlib.contextmanager
    def _files(self) -> Iterator[fsspec.AbstractFileSystem]:
        """Open the file system; its errors leave as ShareError."""
        try:
            yield fsspec.filesystem(self._protocol, use_listings_cache=False, **self._options)
        except FileNotFoundError as error:
            raise ShareError("FILE_NOT_FOUND", "Expected the path, but it is absent.") from error
        except PermissionError as error:
            raise ShareError("ACCESS_REFUSED", f"Expected the right, but {error}.") from error
        except (ValueError, ImportError) as error:
            raise ShareError("SHARE_FAILED", f"Expected a protocol, but {error}.") from error
        except OSError as error:
            raise ShareError("SHARE_UNAVAILABLE", f"Expected an answer, but {error}.") from error
