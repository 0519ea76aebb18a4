"""Where segments lie: names with content, created once and never changed; here a folder of this machine.

Nothing but hints is ever overwritten. What ``create`` returned True for survives the loss of power.
"""

from __future__ import annotations

import os
import stat
import uuid
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from auditor.errors import Position, SinkError
from auditor.service.failpoints import hit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

TEMPORARY = ".tmp-"
"""Start of the last part of a name under which a file is being written."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Storage(Protocol):
    """Names, with ``/`` between their parts, and the bytes under them.

    Every method raises SinkError where the storage fails; after that, ``create`` may be called again with the same
    content, whatever came of the first call.
    """

    place: str

    def create(self, name: str, content: bytes) -> bool:
        """Write ``content`` under ``name`` durably; False if something else is there already, which stays.

        What is there and equals ``content`` is what an earlier call wrote, and counts as written by this one. So
        two writers must not write the same bytes: content that they compete for names its writer.
        """

    def replace(self, name: str, content: bytes) -> None:
        """Write ``content`` under ``name`` over what is there; may be lost with the power, but never be torn."""

    def read(self, name: str) -> bytes | None:
        """Return what is under ``name``, None if nothing is."""

    def names(self, prefix: str, after: str = "") -> list[str]:
        """Return the names that start with ``prefix`` and sort behind ``after``, sorted.

        A prefix ends with ``/`` or is empty. Where a storage lists late, names of late may be missing.
        """

    def modified_s(self, name: str) -> float | None:
        """Return when ``name`` was written, in seconds since 1970 by the storage's clock; None if it is not there."""

    def remove(self, name: str) -> None:
        """Remove ``name`` if it is there."""


class LocalStorage:
    """A folder.

    A file is written under a temporary name, synced, linked to its own name (which fails if that exists, where a
    rename would overwrite), and its folder is synced. A file whose sync failed is given up: the kernel may have
    thrown its pages away, and a second sync of the same descriptor would say that all is well. To write it again
    is to write another file.

    Parameters
    ----------
    path : pathlib.Path
        The folder.
    create : bool
        Whether it is created if it does not exist.
    system : module
        ``os``, or what stands for it in a test.

    Raises
    ------
    SinkError
        If it is no folder, or cannot be created or opened.
    """

    def __init__(self, path: Path, *, create: bool = True, system: ModuleType = os) -> None:
        self.place = str(path)
        self._path = path
        self._os = system
        with self._failing("cannot open the folder"):
            if create and not path.exists():
                self._os.makedirs(path, exist_ok=True)
                self._sync_path(path.parent)
            if not path.exists():
                raise SinkError("expected a folder, it does not exist", Position(self.place))
            if not path.is_dir():
                raise SinkError("expected a folder, found a file", Position(self.place))
            self._root: int = self._os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def close(self) -> None:
        """Let go of the folder."""
        self._os.close(self._root)

    def create(self, name: str, content: bytes) -> bool:
        """Write a file durably, unless another is there."""
        with self._failing(f"cannot write `{name}`"), self._folder_of(name, create=True) as (folder, plain):
            temporary = f"{TEMPORARY}{uuid.uuid4().hex}"
            try:
                self._write(folder, temporary, content)
                # What this file will follow may have been linked by a program that died before it synced the folder.
                self._os.fsync(folder)
                hit("storage.before-link")
                is_ours = self._link(folder, temporary, plain, content)
                hit("storage.after-link")
            finally:
                with suppress(OSError):
                    self._os.unlink(temporary, dir_fd=folder)
            hit("storage.before-folder-fsync")
            # Also if another came first: who lost goes on from what is there.
            self._os.fsync(folder)
            return is_ours

    def replace(self, name: str, content: bytes) -> None:
        """Write a file over another, without a promise that it lasts."""
        with self._failing(f"cannot write `{name}`"), self._folder_of(name, create=True) as (folder, plain):
            temporary = f"{TEMPORARY}{uuid.uuid4().hex}"
            try:
                self._write(folder, temporary, content, is_synced=False)
                self._os.rename(temporary, plain, src_dir_fd=folder, dst_dir_fd=folder)
            except OSError:
                with suppress(OSError):
                    self._os.unlink(temporary, dir_fd=folder)
                raise

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, None if there is none."""
        with self._failing(f"cannot read `{name}`"):
            try:
                with self._folder_of(name) as (folder, plain):
                    return self._content(folder, plain)
            except FileNotFoundError:
                return None

    def names(self, prefix: str, after: str = "") -> list[str]:
        """Return the files below a folder."""
        found: list[str] = []
        with (
            self._failing("cannot list the folder"),
            suppress(FileNotFoundError),
            self._folder_of(f"{prefix}_") as (folder, _),
        ):
            self._list(folder, prefix, found)
        return sorted(name for name in found if name > after)

    def modified_s(self, name: str) -> float | None:
        """Return when a file was written."""
        with self._failing(f"cannot read `{name}`"):
            try:
                with self._folder_of(name) as (folder, plain):
                    return float(self._os.stat(plain, dir_fd=folder, follow_symlinks=False).st_mtime)
            except FileNotFoundError:
                return None

    def remove(self, name: str) -> None:
        """Remove a file if it is there."""
        with (
            self._failing(f"cannot remove `{name}`"),
            suppress(FileNotFoundError),
            self._folder_of(name) as (folder, plain),
        ):
            self._os.unlink(plain, dir_fd=folder)

    def _write(self, folder: int, temporary: str, content: bytes, *, is_synced: bool = True) -> None:
        descriptor = self._os.open(temporary, _NEW, 0o666, dir_fd=folder)
        try:
            rest = memoryview(content)
            if is_synced:
                # In two pieces, so that a test can die between them.
                rest = rest[self._os.write(descriptor, rest[: len(rest) // 2]) :]
                hit("storage.mid-write")
            while rest:
                rest = rest[self._os.write(descriptor, rest) :]
            if is_synced:
                hit("storage.before-fsync")
                self._os.fsync(descriptor)
        finally:
            self._os.close(descriptor)

    def _link(self, folder: int, temporary: str, plain: str, content: bytes) -> bool:
        try:
            self._os.link(temporary, plain, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        except FileExistsError:
            return self._content(folder, plain) == content
        return True

    def _content(self, folder: int, plain: str) -> bytes:
        descriptor = self._os.open(plain, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        with os.fdopen(descriptor, "rb") as file:
            return file.read()

    def _list(self, folder: int, prefix: str, found: list[str]) -> None:
        with self._os.scandir(folder) as entries:
            listed = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        for name, is_folder in listed:
            if not is_folder:
                found.append(f"{prefix}{name}")
                continue
            with suppress(FileNotFoundError):
                inner = self._os.open(name, _FOLDER, dir_fd=folder)
                try:
                    self._list(inner, f"{prefix}{name}/", found)
                finally:
                    self._os.close(inner)

    @contextmanager
    def _folder_of(self, name: str, *, create: bool = False) -> Iterator[tuple[int, str]]:
        """Yield the open folder of a file, and the last part of its name."""
        *folders, plain = name.split("/")
        assert all(part not in ("", ".", "..") for part in (*folders, plain)), name
        self._check_root()
        folder = self._os.open(".", _FOLDER, dir_fd=self._root)
        try:
            for part in folders:
                inner = self._enter(folder, part, create=create)
                self._os.close(folder)
                folder = inner
            yield folder, plain
        finally:
            self._os.close(folder)

    def _enter(self, folder: int, part: str, *, create: bool) -> int:
        if create:
            with suppress(FileExistsError):
                self._os.mkdir(part, dir_fd=folder)
            # Also if it was there: who made it may have died before this.
            self._os.fsync(folder)
        inner: int = self._os.open(part, _FOLDER, dir_fd=folder)
        return inner

    def _check_root(self) -> None:
        """Refuse to go on in a folder that was moved or removed: nobody would find what is written there."""
        opened = self._os.fstat(self._root)
        try:
            found = self._os.stat(self._path)
        except FileNotFoundError:
            found = None
        if found is None or not stat.S_ISDIR(found.st_mode) or not os.path.samestat(found, opened):
            raise SinkError("the folder was moved or removed while it was in use", Position(self.place))

    def _sync_path(self, path: Path) -> None:
        descriptor = self._os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._os.fsync(descriptor)
        finally:
            self._os.close(descriptor)

    @contextmanager
    def _failing(self, failure: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SinkError(f"{failure}: {error.strerror or error}", Position(self.place)) from error
