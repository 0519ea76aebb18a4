"""Standard input and named pipes: read as the bytes come, once, in a way that a request to stop can end."""

from __future__ import annotations

import io
import os
import select
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from auditor.errors import Position, SourceError
from auditor.sources.input_file import InputFile, spooled

if TYPE_CHECKING:
    import pyarrow as pa

    from auditor.sources.raw import Descriptor

KEPT_BYTES = 4 << 20
"""What is kept of the beginning, so that it can be read again: for recognising the format, for a look at the head."""

_WAIT_MS = 100


class PipeFile(InputFile):
    """A pipe: read front to back, only once but for its beginning; a format that begins at the end gets a copy.

    Parameters
    ----------
    name : str
        As messages name it.
    origin : BinaryIO or Path
        The open pipe, or where it is to be opened.
    """

    is_stream = True
    may_wait = True

    def __init__(self, name: str, origin: BinaryIO | Path) -> None:
        self.name = name
        self.size = 0
        self.digest_read = None
        self._algorithm = None
        self._origin = origin
        self._pipe: BinaryIO | None = None
        self._poll: select.poll | None = None
        self._copy: InputFile | None = None
        self._begun: bytearray | None = bytearray()
        self._is_stopped = threading.Event()

    def _descriptor(self) -> Descriptor:
        if self._copy is not None:
            return self._copy.path.open("rb", buffering=0)
        if self._begun is None:
            raise SourceError("expected a file that can be read again, came a pipe", Position(self.name))
        self._connect()
        return _Beginning(self)

    @property
    def path(self) -> Path:
        """Where a copy of the bytes lies; it is made when it is first asked for."""
        return self.copied().path

    def arrow_file(self) -> pa.NativeFile:
        """Open a copy of the bytes for random access."""
        return self.copied().arrow_file()

    def copied(self) -> InputFile:
        """Return a copy on the disk, which goes away with this object or the returned one, whichever is last.

        Raises
        ------
        SourceError
            There is no room for it, or the pipe cannot be read.
        """
        if self._copy is None:
            try:
                descriptor = self._descriptor()
            except OSError as error:
                raise SourceError(f"file cannot be opened: {error.strerror}", Position(self.name)) from error
            path, size, keeper = spooled(self.name, descriptor)
            self._copy = InputFile(self.name, path, size, keeper)
            self._begun = None
        return self._copy

    def stop(self) -> None:
        """End all reading: what waits is an error, where the end was not reached."""
        self._is_stopped.set()

    def _connect(self) -> None:
        if self._pipe is not None:
            return
        if isinstance(self._origin, Path):
            # A pipe that nobody writes to yet would block here: without blocking the wait can be ended.
            number = os.open(self._origin, os.O_RDONLY | os.O_NONBLOCK)
            pipe: BinaryIO = os.fdopen(number, "rb", buffering=0)
            weakref.finalize(self, pipe.close)
        else:
            pipe = getattr(self._origin, "raw", self._origin)
        self._pipe = pipe
        try:
            poll = select.poll()
            poll.register(pipe.fileno(), select.POLLIN)
            self._poll = poll
        except (io.UnsupportedOperation, AttributeError):
            self._poll = None  # no pipe of the system, as in tests

    def fetch(self, buffer: memoryview, place: int) -> int:
        """Read what lies behind the first ``place`` bytes: at least one byte, none at the end.

        Raises
        ------
        OSError
            The pipe cannot be read, or reading was stopped.
        """
        begun = self._begun
        if begun is not None and place < len(begun):
            n_bytes = min(len(buffer), len(begun) - place)
            buffer[:n_bytes] = begun[place : place + n_bytes]
            return n_bytes
        n_bytes = self._wait_and_read(buffer)
        if begun is not None:
            if len(begun) + n_bytes > KEPT_BYTES:
                self._begun = None
            else:
                begun += buffer[:n_bytes]
        return n_bytes

    def _wait_and_read(self, buffer: memoryview) -> int:
        assert self._pipe is not None
        while not self._is_stopped.is_set():
            if self._poll is None or self._poll.poll(_WAIT_MS):
                n_bytes: int | None = self._pipe.readinto(buffer)  # type: ignore[attr-defined]
                if n_bytes is not None:
                    return n_bytes
            elif self.watch is not None:
                self.watch()
        raise InterruptedError(0, "reading was stopped")


class _Beginning:
    """A pipe from its beginning on."""

    def __init__(self, pipe: PipeFile) -> None:
        self._pipe = pipe
        self._place = 0

    def readinto(self, buffer: memoryview) -> int:
        n_bytes = self._pipe.fetch(buffer, self._place)
        self._place += n_bytes
        return n_bytes

    def close(self) -> None:
        """Leave the pipe open: it may be read from its beginning again."""
