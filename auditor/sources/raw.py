"""The bytes of one file as they lie on the disk, front to back, hashed on their way if asked for."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

from auditor.errors import ConfigError
from auditor.sources.late import LateDigest

if TYPE_CHECKING:
    from collections.abc import Callable

HASHES = ("blake3", "sha256", "none")
"""What ``--hash`` takes."""


class Descriptor(Protocol):
    """An open file, pipe or remote object."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill the beginning of ``buffer``; return how many bytes, 0 at the end."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Digest(Protocol):
    """A running hash."""

    def update(self, content: bytes | memoryview, /) -> object:
        """Go on with ``content``."""
        ...

    def hexdigest(self) -> str:
        """Return the hash so far, in hexadecimal digits."""
        ...


def new_digest(algorithm: str) -> Digest:
    """Return a running hash: ``blake3`` or ``sha256``."""
    if algorithm == "blake3":
        from blake3 import blake3  # noqa: PLC0415 - for those who hash with it

        digest: Digest = blake3()
        return digest
    if algorithm == "sha256":
        return hashlib.sha256()
    raise ConfigError(f"expected `blake3` or `sha256` to hash with, came `{algorithm}`")


class Raw:
    """Bytes front to back, with the first few looked at beforehand.

    Parameters
    ----------
    descriptor : Descriptor
        At its beginning, without a buffer of its own; closed with this.
    size : int
        Bytes to be expected; 0 is not known.
    digest : Digest, optional
        Takes every byte that is read.
    at_end : callable, optional
        Called once with the hash when the end was reached.

    Attributes
    ----------
    n_read : int
        Bytes handed out.
    """

    def __init__(
        self,
        descriptor: Descriptor,
        size: int = 0,
        digest: Digest | None = None,
        at_end: Callable[[str], None] | None = None,
    ) -> None:
        self._descriptor = descriptor
        self._size = size
        self._digest = digest
        self._at_end = at_end
        self._head = b""
        self.n_read = 0
        self.closed = False

    def hash_late(self) -> LateDigest | None:
        """Leave it to others when what is read from now on is hashed; None if it is not hashed at all."""
        if self._digest is None:
            return None
        late = self._digest if isinstance(self._digest, LateDigest) else LateDigest(self._digest)
        self._digest = late
        return late

    def head(self, size: int) -> bytes:
        """Return the first bytes, which are handed out again; fewer only if there are no more."""
        buffer = memoryview(bytearray(size))
        n_bytes = 0
        while n_bytes < size and (n_new := self._read(buffer[n_bytes:])):
            n_bytes += n_new
        self._head = bytes(buffer[:n_bytes])
        return self._head

    def readinto(self, buffer: memoryview) -> int:
        """Fill the beginning of ``buffer``; return how many bytes, 0 at the end."""
        n_bytes = min(len(self._head), len(buffer))
        if n_bytes:
            buffer[:n_bytes] = self._head[:n_bytes]
            self._head = self._head[n_bytes:]
        if n_bytes < len(buffer):
            n_bytes += self._read(buffer[n_bytes:])
        self.n_read += n_bytes
        return n_bytes

    def _read(self, buffer: memoryview) -> int:
        n_bytes = self._descriptor.readinto(buffer) or 0
        if self._digest is not None:
            if n_bytes:
                self._digest.update(buffer[:n_bytes])
            elif len(buffer) and self._at_end is not None:
                self._at_end(self._digest.hexdigest())
        return n_bytes

    def read(self, size: int) -> memoryview:
        """Return at most ``size`` bytes, as Arrow asks a Python file: it takes them as they lie."""
        buffer = memoryview(bytearray(size))
        return buffer[: self.readinto(buffer)]

    @property
    def share(self) -> float:
        """Share of the bytes that were handed out, 0 to 1; 0 if their number is not known."""
        return min(1.0, self.n_read / self._size) if self._size else 0.0

    def close(self) -> None:
        """Close the file."""
        self.closed = True
        self._descriptor.close()
