"""gzip inflated to where it is wanted: the copy out of a decompressor takes a quarter of the time of reading.

The reader of ``isal`` fills a buffer, but when something is wrong it does not say how much of it is sound. So it is
used where the file can be read once more: then the members are inflated again, in pieces, up to where it came, and on
from there as those of a pipe are. In front of damage it may have given some bytes more than they do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from isal import isal_zlib

from auditor.sources.inflate import PIECE, Inflater

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.sources.inflate import Gap
    from auditor.sources.raw import Descriptor, Raw


class _Reader(Protocol):
    """The reader of ``isal``."""

    def readinto(self, buffer: memoryview, /) -> int: ...


_READER = cast("Callable[[Raw, int], _Reader] | None", getattr(isal_zlib, "_GzipReader", None))
"""What its files are made of; they have no way to have a buffer filled."""


class GzipReader:
    """The decompressed bytes of a file of gzip members, front to back (see ``inflate.Inflater``).

    Parameters
    ----------
    raw : Raw
        At its beginning.
    again : callable, optional
        Returns the same bytes once more, from the beginning; None for a pipe.
    """

    def __init__(self, raw: Raw, again: Callable[[], Descriptor] | None) -> None:
        self._raw = raw
        self._again = again
        self._n_given = 0
        self._reader: _Reader | None = None
        self._inflater: Inflater | None = None
        self._joined: _Joined | None = None
        if again is None or _READER is None:
            self._inflater = Inflater(raw, "gzip")
        else:
            self._reader = _READER(raw, PIECE)

    @property
    def gives_pieces(self) -> bool:
        """Whether ``piece`` is the way, since bytes are inflated there in any case."""
        return self._inflater is not None

    def piece(self, size: int) -> bytes:
        """Return the next bytes, see ``Inflater.piece``."""
        return self._slow().piece(size)

    def readinto(self, buffer: memoryview) -> int:
        """Fill the beginning of a buffer; return how many bytes, 0 at the end.

        Raises
        ------
        ValueError, OSError
            See ``Inflater.piece``.
        """
        if self._reader is None:
            return self._slow().readinto(buffer)
        try:
            n_bytes = self._reader.readinto(buffer)
        except Exception:  # noqa: BLE001 - of many kinds: what is wrong is found out, and said, in the other way
            return self._slow().readinto(buffer)
        self._n_given += n_bytes
        return n_bytes

    def recover(self) -> Gap | None:
        """Go behind damage, see ``Inflater.recover``."""
        return self._slow().recover()

    @property
    def begins_in_line(self) -> bool:
        """Whether the member to come may begin inside a line, see ``Inflater.begins_in_line``."""
        return self._slow().begins_in_line

    def close(self) -> None:
        """Close what was opened once more."""
        if self._joined is not None:
            self._joined.close()

    def _slow(self) -> Inflater:
        """Return what inflates in pieces, at the place where reading has come to."""
        if self._inflater is None:
            assert self._again is not None
            self._reader = None
            self._joined = _Joined(self._again(), self._raw)
            self._inflater = Inflater(self._joined, "gzip")
            left = self._n_given
            while left and (piece := self._inflater.piece(min(left, PIECE))):
                left -= len(piece)
        return self._inflater


class _Joined:
    """Bytes that were read before, from the beginning, and then those behind them.

    Parameters
    ----------
    again : Descriptor
        The same bytes from the beginning.
    raw : Raw
        Where they were read.
    """

    def __init__(self, again: Descriptor, raw: Raw) -> None:
        self._again: Descriptor | None = again
        self._raw = raw
        self._left = raw.n_read

    def readinto(self, buffer: memoryview) -> int:
        """Fill the beginning of ``buffer``; return how many bytes, 0 at the end."""
        if self._again is not None:
            n_bytes = self._again.readinto(buffer[: self._left]) or 0
            self._left -= n_bytes
            if not self._left or not n_bytes:
                self.close()
            if n_bytes:
                return n_bytes
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Close what was opened once more."""
        if self._again is not None:
            self._again.close()
            self._again = None
