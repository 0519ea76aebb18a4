"""Arrow and text files in a folder: each appears under its name only when it is complete and on disk."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Self

import pyarrow as pa

from auditor.errors import Position, SinkError
from auditor.sinks.columns import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

ROWS_PER_FILE = 32 * 1024
"""Rows held in memory until a file is written: 5 MB of them, and as much again while they are written."""

_ROWS_PER_BATCH = 64 * 1024
_MAX_LOOSE = 256
"""Batches kept as they came before they are joined: each costs 16 KB in objects, however few its rows."""


class Folder:
    """An open folder that files are written to and removed from, by plain name.

    Files are reached through the folder's descriptor: a folder moved or replaced meanwhile changes nothing.

    Parameters
    ----------
    path : pathlib.Path
        Created, with its parents, if it does not exist.

    Raises
    ------
    SinkError
        If it is no folder, or cannot be created or opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _translated(path, "cannot create the folder"):
            if path.exists() and not path.is_dir():
                raise SinkError("expected a folder, found a file", Position(str(path)))
            path.mkdir(parents=True, exist_ok=True)
            self._descriptor: int | None = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the folder."""
        self.close()

    def close(self) -> None:
        """Let go of the folder; a second time does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def names(self) -> list[str]:
        """Return the names in the folder, sorted."""
        with _translated(self.path, "cannot list the folder"), os.scandir(self._open) as entries:
            return sorted(entry.name for entry in entries)

    def remove(self, name: str) -> None:
        """Remove the file ``name`` if it exists."""
        with _translated(self.path, f"cannot remove `{name}`"), suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._open)

    def check_writable(self) -> None:
        """Raise SinkError now rather than after the work if no file can be created here."""
        name = partial_name("probe")
        with _translated(self.path, "cannot write into the folder"):
            os.close(self._create(name))
        self.remove(name)

    def write_text(self, name: str, content: bytes) -> None:
        """Write a file of these bytes."""
        with self._written(name) as file:
            file.write(content)

    def write_table(self, name: str, table: pa.Table) -> None:
        """Write an Arrow IPC file with LZ4 buffers, in record batches of equal length."""
        options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
        # Into memory: Arrow asks for the interpreter at each of a thousand pieces that it gives a file of Python.
        made = pa.BufferOutputStream()
        with pa.ipc.new_file(made, table.schema, options=options) as writer:
            writer.write_table(table, max_chunksize=_ROWS_PER_BATCH)
        with self._written(name) as file:
            file.write(made.getvalue())

    @property
    def _open(self) -> int:
        assert self._descriptor is not None, "the folder is closed"
        return self._descriptor

    def _create(self, name: str) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(name, flags, 0o666, dir_fd=self._open)

    @contextmanager
    def _written(self, name: str) -> Iterator[IO[bytes]]:
        partial = partial_name(name)
        with _translated(self.path, f"cannot write `{name}`"):
            try:
                with os.fdopen(self._create(partial), "wb") as file:
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                os.rename(partial, name, src_dir_fd=self._open, dst_dir_fd=self._open)
                os.fsync(self._open)
            except BaseException:
                with suppress(OSError):
                    os.unlink(partial, dir_fd=self._open)
                raise


def partial_name(name: str) -> str:
    """Return the name under which the file ``name`` is written until it is complete."""
    return f".{name}.partial"


class RollingTable:
    """Rows of one schema into files ``PREFIX-NNNNN.arrow``, each of the same number of rows but the last.

    Files depend on the rows and their order only, not on how they came in batches; there is always one. A thread
    writes them, one at a time, while further rows come.

    Parameters
    ----------
    folder : Folder
        Where.
    prefix : str
        Before the number.
    schema : pyarrow.Schema
        Columns of text of type ``TEXT``, or of fixed width.
    rows_per_file : int
        After how many rows the next file begins; so many are held in memory, and as many while they are written.
    """

    def __init__(
        self, folder: Folder, prefix: str, schema: pa.Schema, rows_per_file: int = ROWS_PER_FILE
    ) -> None:
        self._folder = folder
        self._prefix = prefix
        self._schema = schema
        self._rows_per_file = rows_per_file
        self._joined: list[pa.RecordBatch] = []
        self._loose: list[pa.RecordBatch] = []
        self._n_pending = 0
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="report")
        self._begun: deque[Future[None]] = deque()
        self.n_rows = 0
        self.n_files = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take rows; begins a file when it is full.

        Raises
        ------
        SinkError
            If the file before could not be written.
        """
        self.n_rows += batch.num_rows
        while batch.num_rows:
            part = batch.slice(0, self._rows_per_file - self._n_pending)
            batch = batch.slice(part.num_rows)
            self._loose.append(part)
            self._n_pending += part.num_rows
            if self._n_pending == self._rows_per_file:
                self._write()
            elif len(self._loose) == _MAX_LOOSE:
                self._joined.extend(joined(self._loose, self._schema).to_batches())
                self._loose.clear()

    def finish(self) -> None:
        """Begin the file of what is left, or an empty one if there was no row at all; ``settle`` waits for it."""
        if self._n_pending or not self.n_files:
            self._begin()

    def aside(self, write: Callable[..., None], *given: object) -> None:
        """Have something else written by the same thread, after the files that were begun; ``settle`` waits for it."""
        self._begun.append(self._writer.submit(write, *given))

    def settle(self) -> None:
        """Wait until everything that was begun is on disk.

        Raises
        ------
        SinkError
            If something could not be written.
        """
        while self._begun:
            self._begun.popleft().result()

    def close(self) -> None:
        """End the thread, after the file that it writes."""
        self._writer.shutdown()

    def _write(self) -> None:
        # One at a time: who reports faster than the disk takes it waits here, with no more in memory.
        self.settle()
        self._begin()

    def _begin(self) -> None:
        table = joined([*self._joined, *self._loose], self._schema)
        self.aside(self._folder.write_table, f"{self._prefix}-{self.n_files:05}.arrow", table)
        self.n_files += 1
        self._joined.clear()
        self._loose.clear()
        self._n_pending = 0


@contextmanager
def _translated(path: Path, failure: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SinkError(f"{failure}: {error.strerror or error}", Position(str(path))) from error
