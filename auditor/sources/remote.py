"""Objects of a store: listed by the rules of local files, and read in ranges, ahead of who reads, without a copy."""

from __future__ import annotations

import errno
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from auditor.errors import Position, SourceError
from auditor.sources.input_file import InputFile
from auditor.sources.names import HIDDEN, MARK, is_mark, pattern_of, split_pattern
from auditor.sources.stores import meaning, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa
    from pyarrow.fs import FileInfo

    from auditor.sources.raw import Descriptor
    from auditor.sources.stores import Store

FIRST_BYTES = 1 << 17
"""What is read first, and alone: enough to recognise a format."""
RANGE_BYTES = 4 << 20
N_AHEAD = 4
"""Ranges asked for at once, each on a connection of its own."""
_LOOK_S = 0.1


class RemoteFile(InputFile):
    """One object.

    Parameters
    ----------
    store : Store
        Where it lies.
    found : pyarrow.fs.FileInfo
        What the store said of it when it was listed.
    """

    may_wait = True

    def __init__(self, store: Store, found: FileInfo) -> None:
        self.name = f"{store.url}/{found.path[len(store.bucket) :].lstrip('/')}"
        self.size = int(found.size or 0)
        self.digest_read = None
        self._algorithm = None
        self._store = store
        self._found = found
        self._is_stopped = threading.Event()
        self._random: pa.NativeFile | None = None

    @property
    def path(self) -> Path:
        """There is none on this machine; see ``arrow_file``."""
        raise SourceError("expected a file on this machine, came an object of a store", Position(self.name))

    def arrow_file(self) -> pa.NativeFile:
        """Open the object for random access: each reading is a request for a range."""
        try:
            file = self._store.files.open_input_file(self._found.path)
        except OSError as error:
            raise self._failed(error) from error
        if file.size() != self.size:
            raise self._changed()
        return file

    def read_at(self, place: int, size: int) -> bytes:
        """Return bytes of the object: one request for a range, from any thread."""
        if self._random is None:
            self._random = self.arrow_file()
        try:
            content: bytes = self._random.read_at(size, place)
        except OSError as error:
            raise OSError(errno.EIO, meaning(error)) from error
        return content

    def read_into(self, place: int, room: memoryview) -> int:
        """Fill room with bytes of the object; return how many they are."""
        content = self.read_at(place, len(room))
        room[: len(content)] = content
        return len(content)

    def stored_size(self) -> int:
        """Return how many bytes the object has."""
        return self.size

    def _descriptor(self) -> Descriptor:
        return _Ranges(self, self.arrow_file())

    def _failed(self, error: OSError) -> SourceError:
        return SourceError(f"object cannot be read: {meaning(error)}", Position(self.name))

    def _changed(self) -> SourceError:
        return SourceError("object has changed since it was listed", Position(self.name))

    def check(self) -> None:
        """Raise SourceError if the object is another one than was listed: what was read may be of both."""
        try:
            found = self._store.files.get_file_info(self._found.path)
        except OSError as error:
            raise self._failed(error) from error
        if found.size is None:
            raise SourceError("object cannot be read: there is no such object", Position(self.name))
        if (found.size, found.mtime) != (self._found.size, self._found.mtime):
            raise self._changed()

    def stop(self) -> None:
        """End all reading."""
        self._is_stopped.set()

    def waited(self, future: Future[bytes]) -> bytes:
        """Return what a request has given, once it has."""
        while not self._is_stopped.is_set():
            try:
                return future.result(_LOOK_S)
            except TimeoutError:
                if self.watch is not None:
                    self.watch()
            except OSError as error:
                raise OSError(errno.EIO, meaning(error)) from error
        raise InterruptedError(0, "reading was stopped")


class _Ranges:
    """An object front to back, its next ranges being asked for while one is read."""

    def __init__(self, file: RemoteFile, source: pa.NativeFile) -> None:
        self._file = file
        self._source = source
        self._pool = ThreadPoolExecutor(N_AHEAD, thread_name_prefix="fetch")
        self._asked: deque[tuple[int, Future[bytes]]] = deque()
        self._place = 0
        self._piece = memoryview(b"")

    def readinto(self, buffer: memoryview) -> int:
        if not self._piece:
            self._piece = memoryview(self._next())
        n_bytes = min(len(buffer), len(self._piece))
        buffer[:n_bytes] = self._piece[:n_bytes]
        self._piece = self._piece[n_bytes:]
        return n_bytes

    def _next(self) -> bytes:
        """Return the next range; nothing at the end."""
        is_first = self._place == 0
        while self._place < self._file.size and len(self._asked) < (1 if is_first else N_AHEAD):
            size = min(FIRST_BYTES if is_first else RANGE_BYTES, self._file.size - self._place)
            self._asked.append((size, self._pool.submit(self._source.read_at, size, self._place)))
            self._place += size
        if not self._asked:
            return b""
        size, future = self._asked.popleft()
        content = self._file.waited(future)
        if len(content) != size:
            raise OSError(errno.EIO, "the object ends before the size it was listed with")
        return content

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def find_objects(url: str, skipped: list[tuple[str, str]]) -> list[RemoteFile]:
    """Find the objects a URL names: one, those below a folder, or those a pattern matches; sorted.

    Parameters
    ----------
    url : str
        ``scheme://bucket/key``, perhaps with options behind a question mark.
    skipped : list of (str, str)
        Takes the name of what is not read, and why.

    Raises
    ------
    SourceError
        There is none, or the store cannot be asked.
    ConfigError
        An option has no meaning.
    """
    store, key = open_store(url)
    name = f"{store.url}/{key}".rstrip("/")
    folder, parts = split_pattern(key)
    try:
        if not parts:
            return _named(store, key, name, skipped)
        matches = list(_matching(store, folder, parts, skipped))
        is_bucket = bool(matches) or _is_bucket(store)
    except OSError as error:
        raise SourceError(f"object store cannot be read: {meaning(error)}", Position(name)) from error
    if not matches:
        missing = "found none" if is_bucket else "there is no such bucket"
        raise SourceError(f"expected objects that match `{name}`, {missing}")
    return matches


def _matching(
    store: Store, folder: str, parts: list[str], skipped: list[tuple[str, str]]
) -> Iterator[RemoteFile]:
    """Yield the objects below a folder that match, and those in folders that match; only what may match is listed."""
    from pyarrow.fs import FileType  # noqa: PLC0415 - heavy, and for stores only

    is_deep = "**" in parts[:1]
    pattern = pattern_of(parts if is_deep else parts[:1])
    for found, below in _listed(store, folder, is_deep=is_deep):
        place = found.path[len(store.bucket) :].lstrip("/")
        if not pattern.fullmatch(below):
            continue
        if found.type == FileType.File and (is_deep or len(parts) == 1):
            yield RemoteFile(store, found)
        elif found.type == FileType.Directory and not is_deep:
            yield from (
                _matching(store, place, parts[1:], skipped) if parts[1:] else _wanted(store, place, skipped)
            )


def _named(store: Store, key: str, name: str, skipped: list[tuple[str, str]]) -> list[RemoteFile]:
    """Return one object, or those below a folder."""
    from pyarrow.fs import FileType  # noqa: PLC0415 - heavy, and for stores only

    found = store.files.get_file_info(f"{store.bucket}/{key}" if key else store.bucket)
    if found.type == FileType.File:
        return [RemoteFile(store, found)]
    if found.type == FileType.NotFound:
        missing = "it does not exist" if _is_bucket(store) else "there is no such bucket"
        raise SourceError(f"expected an object or folder at `{name}`, {missing}")
    files = list(_wanted(store, key, skipped))
    if not files:
        raise SourceError(f"expected objects in folder `{name}`, found none to read")
    return files


def _wanted(store: Store, folder: str, skipped: list[tuple[str, str]]) -> Iterator[RemoteFile]:
    """Yield the objects below a folder that are read."""
    from pyarrow.fs import FileType  # noqa: PLC0415 - heavy, and for stores only

    for found, below in _listed(store, folder, is_deep=True):
        if found.type != FileType.File:
            continue
        file = RemoteFile(store, found)
        reason = _reason(below)
        if reason is None:
            yield file
        else:
            skipped.append((file.name, reason))


def _is_bucket(store: Store) -> bool:
    from pyarrow.fs import FileType  # noqa: PLC0415 - heavy, and for stores only

    return bool(store.files.get_file_info(store.bucket).type != FileType.NotFound)


def _reason(below: str) -> str | None:
    """Return why an object is not read that lies below a folder, None if it is."""
    for part in below.split("/"):
        if part.startswith("."):
            return HIDDEN
        if is_mark(part):
            return MARK
    return None


def _listed(store: Store, folder: str, *, is_deep: bool) -> Iterator[tuple[FileInfo, str]]:
    """Yield what lies in a folder, or anywhere below it, in the order of local files, with the path from there."""
    from pyarrow.fs import FileSelector  # noqa: PLC0415 - heavy, and for stores only

    base = f"{store.bucket}/{folder}" if folder else store.bucket
    listed = store.files.get_file_info(FileSelector(base, recursive=is_deep, allow_not_found=True))
    for found in sorted(listed, key=lambda found: found.path.split("/")):
        yield found, found.path[len(base) :].lstrip("/")
