"""Input files: those a user names, those below a folder, those a pattern matches, and standard input."""

from __future__ import annotations

import glob
import hashlib
import os
import re
import shutil
import stat
import sys
import tempfile
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from auditor.errors import Position, SourceError
from auditor.sources.streams import ByteStream, most_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

STANDARD_INPUT = "-"
MAX_BYTES = 2 << 30
"""What ``InputFile.read_bytes`` takes into memory at most."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
# What table writers leave beside their files; reading it as a log would fail or count twice.
_MARKER = re.compile(
    r"_SUCCESS|_(started|committed)_.*|_(common_)?metadata|_delta_log|_temporary|_spark_metadata"
)


class SkippedFile(NamedTuple):
    """A file or folder that was found and is not read: its name and the reason."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file to read.

    Attributes
    ----------
    name : str
        As messages and reports name it: the path as it was given or found; ``-`` is standard input.
    path : Path
        Where the bytes lie (for standard input a temporary copy that goes away with this object).
    size : int
        Bytes on disk.
    """

    name: str
    path: Path
    size: int
    _keeper: object = field(default=None, repr=False, compare=False)

    def open(self) -> ByteStream:
        """Open the decompressed bytes.

        Raises
        ------
        SourceError
            The file cannot be opened.
        """
        try:
            raw = self.path.open("rb", buffering=0)
        except OSError as error:
            raise SourceError(f"file cannot be opened: {error.strerror}", Position(self.name)) from error
        return ByteStream(self.name, raw)

    def head(self, size: int) -> bytes:
        """Return the first ``size`` decompressed bytes, or what can be read of them."""
        with self.open() as stream:
            try:
                return stream.read(size)
            except SourceError:
                return b""

    def read_bytes(self, limit: int = MAX_BYTES) -> bytes:
        """Return all decompressed bytes.

        Raises
        ------
        SourceError
            The file cannot be read to its end, or holds more than ``limit`` bytes, or more than 64 MiB and 200
            times as many as on disk.
        """
        limit = min(limit, most_bytes(self.size))
        parts: list[bytes] = []
        n_bytes = 0
        with self.open() as stream:
            while part := stream.read(1 << 20):
                parts.append(part)
                n_bytes += len(part)
                if n_bytes > limit:
                    raise SourceError(
                        f"file holds more than the {limit} decompressed bytes read at once; split it",
                        Position(self.name),
                    )
        return b"".join(parts)

    def sha256(self, is_ended: Callable[[], bool] = lambda: False) -> str | None:
        """Return the SHA-256 of the bytes on disk, compressed as they are: 64 hexadecimal digits.

        Parameters
        ----------
        is_ended : callable
            Asked now and then; None is returned once it says that nobody wants the answer any more.

        Raises
        ------
        SourceError
            The file cannot be read.
        """
        digest = hashlib.sha256()
        try:
            with self.path.open("rb", buffering=0) as raw:
                while piece := raw.read(1 << 20):
                    digest.update(piece)
                    if is_ended():
                        return None
            return digest.hexdigest()
        except OSError as error:
            raise SourceError(f"file cannot be read: {error.strerror}", Position(self.name)) from error


def find_files(paths: Sequence[str], skipped: list[SkippedFile] | None = None) -> list[InputFile]:
    """Find the files behind what a user named, in the order given, each file once.

    Parameters
    ----------
    paths : sequence of str
        Files, folders (read recursively, in the order of their paths), patterns with ``*``, ``?`` or
        ``[...]`` (``**`` is any depth), ``-`` for standard input. A named pipe is read like standard input.
    skipped : list of SkippedFile, optional
        Appended to: hidden files and folders, marks of table writers (``_SUCCESS``), empty files, what is no
        regular file, files found twice.

    Raises
    ------
    SourceError
        A path that does not exist, a pattern or folder without a file, a URL.
    """
    account = [] if skipped is None else skipped
    found: dict[str, InputFile] = {}
    for path in paths:
        for name in _expand(path, account):
            identity = name if name == STANDARD_INPUT else os.path.realpath(name)
            if identity in found:
                account.append(SkippedFile(name, "found twice"))
                continue
            file = _input_file(name)
            if file.size == 0:
                account.append(SkippedFile(name, "empty"))
                continue
            found[identity] = file
    return list(found.values())


def _expand(path: str, skipped: list[SkippedFile]) -> Iterator[str]:
    """Yield the files that one argument names."""
    if path == STANDARD_INPUT:
        yield path
        return
    if _URL.match(path):
        raise SourceError(
            f"expected a file, folder, pattern or `-`, got the URL `{path}`; copy it to a file first"
        )
    mode = _mode(path)
    if mode is not None and stat.S_ISDIR(mode):
        names = list(_below(path, skipped))
        if not names:
            raise SourceError(f"expected files in folder `{path}`, found none to read")
        yield from names
    elif mode is not None:
        yield path
    elif glob.has_magic(path):
        matches = sorted(glob.glob(path, recursive=True))  # noqa: PTH207 - Path.glob rewrites the path it was given
        names = [
            name
            for match in matches
            for name in (_below(match, skipped) if Path(match).is_dir() else [match])
        ]
        if not names:
            raise SourceError(f"expected files that match `{path}`, found none")
        yield from names
    else:
        raise SourceError(f"expected a file or folder, `{path}` does not exist")


def _mode(path: str) -> int | None:
    """Return what kind of file lies at a path, None if there is none."""
    try:
        return Path(path).stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as error:
        raise SourceError(f"path cannot be read: {error.strerror}", Position(path)) from error


def _below(folder: str, skipped: list[SkippedFile]) -> Iterator[str]:
    """Yield the files below a folder, sorted by path; links to folders are followed unless they lead up."""
    above = {os.path.realpath(folder)}
    yield from _walk(folder, above, skipped)


def _walk(folder: str, above: set[str], skipped: list[SkippedFile]) -> Iterator[str]:
    try:
        with os.scandir(folder) as scanned:
            entries = sorted(scanned, key=lambda entry: entry.name)
    except OSError as error:
        raise SourceError(f"folder cannot be read: {error.strerror}", Position(folder)) from error
    for entry in entries:
        name = str(Path(folder) / entry.name)
        if entry.name.startswith("."):
            skipped.append(SkippedFile(name, "hidden"))
        elif _MARKER.fullmatch(entry.name):
            skipped.append(SkippedFile(name, "mark of a table writer"))
        elif entry.is_dir():
            real = os.path.realpath(name)
            if any(Path(folder_above).is_relative_to(real) for folder_above in above):
                skipped.append(SkippedFile(name, "link to a folder above"))
            else:
                yield from _walk(name, above | {real}, skipped)
        elif entry.is_file():
            yield name
        else:
            skipped.append(SkippedFile(name, "no regular file"))


def _input_file(name: str) -> InputFile:
    """Look at one file; a pipe is copied to the disk, for some formats begin at the end."""
    if name == STANDARD_INPUT:
        return _spool(name, sys.stdin.buffer)
    path = Path(name)
    try:
        found = path.stat()
        if stat.S_ISREG(found.st_mode):
            return InputFile(name, path, found.st_size)
        with path.open("rb") as pipe:
            return _spool(name, pipe)
    except OSError as error:
        raise SourceError(f"file cannot be opened: {error.strerror}", Position(name)) from error


def _spool(name: str, pipe: BinaryIO) -> InputFile:
    """Copy a pipe to a temporary file that is removed with the object returned."""
    try:
        with tempfile.NamedTemporaryFile(prefix="auditor-", delete=False) as copy:
            path = Path(copy.name)
            keeper = _Keeper()
            weakref.finalize(keeper, path.unlink, missing_ok=True)
            shutil.copyfileobj(pipe, copy, 1 << 20)
            size = copy.tell()
    except OSError as error:
        raise SourceError(
            f"input cannot be copied to a temporary file: {error.strerror}", Position(name)
        ) from error
    return InputFile(name, path, size, keeper)


class _Keeper:
    """Holds a temporary file: when nobody holds this any more, the file is removed."""
