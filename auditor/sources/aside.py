"""The hash of a file whose parts are read in any order: taken step by step, by whoever has time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from auditor.errors import Position, SourceError
from auditor.sources.raw import new_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.sources.raw import Descriptor

_STEP_BYTES = 1 << 20


class AsideDigest:
    """A running hash of the bytes of a file as they lie there, front to back; one thread at a time goes on with it.

    Parameters
    ----------
    name : str
        The file, as messages name it.
    begin : callable
        Opens it at its first byte; raises OSError.
    algorithm : {'blake3', 'sha256'}
        What to hash with.
    is_ended : callable
        Asked now and then whether nobody wants the answer any more.
    """

    def __init__(
        self, name: str, begin: Callable[[], Descriptor], algorithm: str, is_ended: Callable[[], bool]
    ) -> None:
        self._name = name
        self._begin = begin
        self._digest = new_digest(algorithm)
        self._is_ended = is_ended
        self._turn = threading.Lock()
        self._descriptor: Descriptor | None = None
        self._buffer = memoryview(b"")
        self._n_bytes = 0
        self._is_wanted = True
        self._is_over = False
        self._failure: Exception | None = None

    def advance(self, n_bytes: float) -> None:
        """Hash on, up to about so many bytes of the file; nothing is done while another thread hashes."""
        if self._n_bytes >= n_bytes or not self._turn.acquire(blocking=False):
            return
        try:
            self._hash(n_bytes)
        finally:
            self._turn.release()

    def finish(self) -> str | None:
        """Hash what is left; return 64 hexadecimal digits, or None if nobody wants them any more.

        Raises
        ------
        SourceError
            The file cannot be read.
        """
        with self._turn:
            self._hash(float("inf"))
            self._close()
        failure = self._failure
        if isinstance(failure, OSError):
            raise SourceError(f"file cannot be read: {failure.strerror}", Position(self._name)) from failure
        if failure is not None:
            raise failure
        return self._digest.hexdigest() if self._is_wanted else None

    def close(self) -> None:
        """Let go of the file, wherever the hash has come to."""
        with self._turn:
            self._close()

    def _hash(self, n_bytes: float) -> None:
        # The file may be shorter by now than was asked for: then it was hashed to its end, and somebody asks on.
        if self._is_over:
            return
        try:
            if self._descriptor is None:
                self._descriptor = self._begin()
                self._buffer = memoryview(bytearray(_STEP_BYTES))
            while self._failure is None and self._is_wanted and self._n_bytes < n_bytes:
                n_new = self._descriptor.readinto(self._buffer)
                if not n_new:
                    break
                self._digest.update(self._buffer[:n_new])
                self._n_bytes += n_new
                self._is_wanted = not self._is_ended()
        except Exception as error:  # noqa: BLE001 - raised by who finishes: it is no business of others
            self._failure = error

    def _close(self) -> None:
        self._is_over = True
        self._buffer = memoryview(b"")  # there may be very many files
        if self._descriptor is not None:
            self._descriptor.close()
