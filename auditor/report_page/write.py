"""Writing a page: under its name only once it is complete, and over nothing that is there unless asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.errors import Position, SinkError
from auditor.sinks.arrow import Folder

if TYPE_CHECKING:
    from pathlib import Path


def check_absent(path: Path, *, force: bool) -> None:
    """Return if a page may be written to ``path``.

    Raises
    ------
    SinkError
        If a folder is there, or a file and ``force`` is not set.
    """
    if path.is_dir():
        raise SinkError("expected the name of a file, found a folder", Position(str(path)))
    if not force and (path.exists() or path.is_symlink()):
        raise SinkError("expected no file, found one; `--force` replaces it", Position(str(path)))


def write_page(path: Path, page: str) -> None:
    """Write a page; its folder is created if it does not exist.

    Raises
    ------
    SinkError
        If it cannot be written.
    """
    with Folder(path.parent) as folder:
        folder.write_text(path.name, page.encode("utf-8"))
