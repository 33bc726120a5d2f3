"""A folder of the worker's machine as a share; no link of any kind leads out of it.

Every folder on the way is opened by itself, without following links, and the next name is looked
up in it. So a name cannot be swapped for a link between a check and its use.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from adapters.file_share.share import Entry, ShareError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_CODES = {
    errno.ENOENT: "FILE_NOT_FOUND",
    errno.ENOTDIR: "PATH_NOT_ALLOWED",  # a link or a file where a folder is wanted
    errno.ELOOP: "PATH_NOT_ALLOWED",
    errno.ENAMETOOLONG: "PATH_NOT_ALLOWED",
    errno.EACCES: "ACCESS_REFUSED",
    errno.EPERM: "ACCESS_REFUSED",
    errno.EROFS: "ACCESS_REFUSED",
    errno.ENOSPC: "SHARE_FULL",
    errno.EDQUOT: "SHARE_FULL",
    errno.EIO: "SHARE_UNAVAILABLE",
    errno.ESTALE: "SHARE_UNAVAILABLE",
    errno.ETIMEDOUT: "SHARE_UNAVAILABLE",
}


class LocalShare:
    """The share `local`. POSIX only."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def check(self) -> None:
        """See Share."""
        with _translated(), self._folder(()):
            if not os.access(self._root, os.R_OK | os.W_OK | os.X_OK):
                raise ShareError("ACCESS_REFUSED", f"Expected to write to {self._root}, but not.")

    def create(self, path: tuple[str, ...], content: bytes) -> bool:
        """See Share. The complete file is linked to its name, which fails if the name is taken."""
        with _translated(), self._folder(path[:-1], make=True) as folder:
            unfinished = _write_unfinished(folder, content)
            try:
                os.link(
                    unfinished,
                    path[-1],
                    src_dir_fd=folder,
                    dst_dir_fd=folder,
                    follow_symlinks=False,
                )
            except FileExistsError:
                return False
            finally:
                os.unlink(unfinished, dir_fd=folder)
            os.fsync(folder)
            return True

    def replace(self, path: tuple[str, ...], content: bytes) -> None:
        """See Share."""
        with _translated(), self._folder(path[:-1], make=True) as folder:
            unfinished = _write_unfinished(folder, content)
            os.rename(unfinished, path[-1], src_dir_fd=folder, dst_dir_fd=folder)
            os.fsync(folder)

    def read(self, path: tuple[str, ...], bound: int) -> bytes:
        """See Share."""
        with _translated(), self._folder(path[:-1]) as folder:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            opened = os.open(path[-1], flags, dir_fd=folder)
            with os.fdopen(opened, "rb") as file:
                if not stat.S_ISREG(os.fstat(opened).st_mode):
                    raise ShareError("PATH_NOT_ALLOWED", "Expected a file, but it is none.")
                return file.read(bound + 1)

    def entries(self, path: tuple[str, ...], bound: int) -> list[Entry]:
        """See Share. Links are left out."""
        found: list[Entry] = []
        with _translated(), self._folder(path) as folder, os.scandir(folder) as names:
            for one in names:
                if one.is_symlink() or one.name.startswith(".unfinished-"):
                    continue
                found.append(Entry(name=one.name, is_folder=one.is_dir(follow_symlinks=False)))
                if len(found) > bound:
                    break
        return found

    def exists(self, path: tuple[str, ...]) -> bool:
        """See Share."""
        try:
            with _translated(), self._folder(path[:-1]) as folder:
                if path:
                    os.stat(path[-1], dir_fd=folder, follow_symlinks=False)
        except ShareError as error:
            if error.code == "FILE_NOT_FOUND":
                return False
            raise
        return True

    def delete(self, path: tuple[str, ...]) -> None:
        """See Share."""
        try:
            with _translated(), self._folder(path[:-1]) as folder:
                os.unlink(path[-1], dir_fd=folder)
        except ShareError as error:
            if error.code != "FILE_NOT_FOUND":
                raise

    @contextlib.contextmanager
    def _folder(self, path: tuple[str, ...], *, make: bool = False) -> Iterator[int]:
        """Open a folder, one name after the other."""
        folder = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for name in path:
                if make:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(name, dir_fd=folder)
                inner = os.open(name, _FOLDER, dir_fd=folder)
                os.close(folder)
                folder = inner
            yield folder
        finally:
            os.close(folder)


def _write_unfinished(folder: int, content: bytes) -> str:
    """Write the content under a name that nobody reads, to the disk; return the name."""
    name = f".unfinished-{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    opened = os.open(name, flags, 0o640, dir_fd=folder)
    try:
        with os.fdopen(opened, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        os.unlink(name, dir_fd=folder)
        raise
    return name


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        code = _CODES.get(error.errno or 0, "SHARE_FAILED")
        raise ShareError(code, f"Expected the share to do it, but {error.strerror}.") from error
