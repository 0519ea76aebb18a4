"""Input files: those a user names, those below a folder, those a pattern matches, and standard input."""

from __future__ import annotations

import glob
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from auditor.errors import Position, SourceError
from auditor.sources.input_file import STANDARD_INPUT, InputFile
from auditor.sources.names import HIDDEN, MARK, is_mark
from auditor.sources.pipes import PipeFile
from auditor.sources.stores import is_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["STANDARD_INPUT", "InputFile", "SkippedFile", "find_files"]


class SkippedFile(NamedTuple):
    """A file or folder that was found and is not read: its name and the reason."""

    name: str
    reason: str


def find_files(
    paths: Sequence[str], skipped: list[SkippedFile] | None = None, *, as_streams: bool = False
) -> list[InputFile]:
    """Find the files behind what a user named, in the order given, each file once.

    Parameters
    ----------
    paths : sequence of str
        Files, folders (read recursively, in the order of their paths), patterns with ``*``, ``?`` or
        ``[...]`` (``**`` is any depth), ``-`` for standard input. A named pipe is read like standard input. URLs of
        object stores name objects, folders and patterns of them.
    skipped : list of SkippedFile, optional
        Appended to: hidden files and folders, marks of table writers (``_SUCCESS``), empty files, what is no
        regular file, files found twice.
    as_streams : bool
        Whether pipes are read as they come, once; otherwise they are copied to the disk.

    Raises
    ------
    SourceError
        A path that does not exist, a pattern or folder without a file, a store that cannot be asked.
    """
    account = [] if skipped is None else skipped
    found: dict[str, InputFile] = {}
    for path in paths:
        for name, remote in _named(path, account):
            identity = name if remote is not None or name == STANDARD_INPUT else os.path.realpath(name)
            if identity in found:
                account.append(SkippedFile(name, "found twice"))
                continue
            file = _input_file(name, as_streams=as_streams) if remote is None else remote
            if file.size == 0 and not file.is_stream:
                account.append(SkippedFile(name, "empty"))
                continue
            found[identity] = file
    return list(found.values())


def _named(path: str, skipped: list[SkippedFile]) -> Iterator[tuple[str, InputFile | None]]:
    """Yield the names that one argument stands for, with the object where that lies in a store."""
    if not is_url(path):
        for name in _expand(path, skipped):
            yield name, None
        return
    from auditor.sources.remote import find_objects  # noqa: PLC0415 - for stores only

    account: list[tuple[str, str]] = []
    files = find_objects(path, account)
    skipped.extend(SkippedFile(name, reason) for name, reason in account)
    yield from ((file.name, file) for file in files)


def _expand(path: str, skipped: list[SkippedFile]) -> Iterator[str]:
    """Yield the files that one argument names."""
    if path == STANDARD_INPUT:
        yield path
        return
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
            skipped.append(SkippedFile(name, HIDDEN))
        elif is_mark(entry.name):
            skipped.append(SkippedFile(name, MARK))
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


def _input_file(name: str, *, as_streams: bool) -> InputFile:
    """Look at one file; a pipe is copied to the disk unless it is to be read as it comes."""
    if name == STANDARD_INPUT:
        pipe = PipeFile(name, sys.stdin.buffer)
        return pipe if as_streams else pipe.copied()
    path = Path(name)
    try:
        found = path.stat()
    except OSError as error:
        raise SourceError(f"file cannot be opened: {error.strerror}", Position(name)) from error
    if stat.S_ISREG(found.st_mode):
        return InputFile(name, path, found.st_size)
    pipe = PipeFile(name, path)
    return pipe if as_streams else pipe.copied()
