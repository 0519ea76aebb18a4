"""What lies in folders right now: which files, behind which links, with which content."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from auditor.errors import ConfigError, Position, SourceError
from auditor.sources.files import STANDARD_INPUT, find_files
from auditor.sources.stores import is_url

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

FRESH_NS = 2_000_000_000
"""A file written so recently may be written again within one tick of its file system's clock, unseen in its times."""

MAX_KNOWN = 100_000
"""Files whose content is remembered, the last looked at."""


class Seen(NamedTuple):
    """One file: as messages name it, and the SHA-256 of its content."""

    file: str
    digest: str


class _Print(NamedTuple):
    """What changes when a file does, by all that the file system tells without reading it."""

    path: str
    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int


class Looker:
    """Looks at files again and again, and reads those only that may have changed.

    Links are resolved at every look: a ConfigMap is swapped by pointing the link `..data` elsewhere, and the files
    that a user sees are links through it.

    Parameters
    ----------
    clock_ns : callable
        The time that files are stamped with, in nanoseconds.
    """

    def __init__(self, *, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._clock_ns = clock_ns
        self._digests: dict[_Print, str] = {}  # those looked at last are at the end

    def look(self, paths: Sequence[str]) -> tuple[Seen, ...]:
        """Return every file that would be read, in order; empty and hidden ones are not.

        Raises
        ------
        ConfigError
            A path that nobody can look at twice.
        SourceError
            A path that is not there or cannot be read, or a folder without a file.
        """
        for path in paths:
            if path == STANDARD_INPUT or is_url(path):
                raise ConfigError(f"expected files or folders that can be read again, got `{path}`")
        seen = []
        for file in find_files(paths) if paths else ():
            try:
                mark = _print_of(file.name)
                digest = self._digests.get(mark) or hashlib.sha256(Path(file.name).read_bytes()).hexdigest()
            except OSError as error:
                raise SourceError(f"file cannot be read: {error.strerror}", Position(file.name)) from error
            self._digests.pop(mark, None)
            if self._clock_ns() - max(mark.modified_ns, mark.changed_ns) > FRESH_NS:
                self._digests[mark] = digest
                if len(self._digests) > MAX_KNOWN:
                    self._digests.pop(next(iter(self._digests)))
            seen.append(Seen(file.name, digest))
        return tuple(seen)


class Remembered(Generic[T]):
    """Reads contents, and answers with what it read before where they are the same.

    Parameters
    ----------
    read : callable
        Makes something that nobody changes of files (name, content) and keywords.
    """

    def __init__(self, read: Callable[..., T]) -> None:
        self._read = read
        self._before: tuple[object, T] | None = None

    def __call__(self, files: Sequence[tuple[str, bytes]], **options: object) -> T:
        """Return what is made of the files; what failed is not remembered."""
        key = [(name, hashlib.sha256(content).digest()) for name, content in files], options
        if self._before is None or self._before[0] != key:
            self._before = None  # two large inventories at a time are one too many
            self._before = key, self._read(files, **options)
        return self._before[1]


def has_no_files(path: str) -> bool:
    """Return whether a path is a folder that is there and holds nothing to read, not even in folders below."""
    if not Path(path).is_dir():
        return False
    try:
        return not find_files([path])
    except SourceError as error:
        # A folder or file that cannot be opened is a failure with a place; one without files has none.
        return error.place is None


def _print_of(name: str) -> _Print:
    path = os.path.realpath(name)
    found = Path(path).stat()
    return _Print(path, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
