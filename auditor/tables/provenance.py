"""Where tables came from: the files, what was said of them, and how they were read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Input:
    """A file that was read.

    Attributes
    ----------
    role : str
        ``policies``, ``inventory`` or ``flows``.
    file : str
        As messages and rows name it.
    size_bytes : int or None
        None if not known, as of standard input.
    digest : str or None
        Hash of its bytes, 64 hexadecimal digits; None if it was not read to its end.
    format : str or None
        Log format of flows.
    algorithm : {'sha256', 'blake3', 'none'}
        What it was hashed with.
    """

    role: str
    file: str
    size_bytes: int | None = None
    digest: str | None = None
    format: str | None = None
    algorithm: str = "sha256"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where tables came from; tables built from memory have an empty one.

    Attributes
    ----------
    inputs : tuple of Input
        Policies and inventory.
    skipped_files : mapping of str to str
        Files that were found and not read: the reason, by name.
    warnings : tuple of str
        What is valid and yet hardly meant, each with its place.
    options : mapping of str to Any
        How the files were read, by name of the option.
    """

    inputs: tuple[Input, ...] = ()
    skipped_files: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
