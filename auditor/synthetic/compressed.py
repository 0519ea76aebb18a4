"""Files written plain or compressed, the same bytes for the same content."""

from __future__ import annotations

import gzip
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LEVEL = 6
"""Of gzip: what most writers choose, and what its readers are measured with."""


@contextmanager
def opened(path: Path, compression: str = "none") -> Iterator[Any]:
    """Open a file for writing bytes; gzip members carry no time and no name."""
    if compression == "gzip":
        with path.open("wb") as raw, gzip.GzipFile("", "wb", LEVEL, raw, mtime=0) as file:
            yield file
    elif compression == "zstd":
        with pa.CompressedOutputStream(str(path), "zstd") as file:
            yield file
    else:
        with path.open("wb") as file:
            yield file
