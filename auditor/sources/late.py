"""A running hash that lags behind what is read, so that one thread can read on while another hashes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mmap import mmap

    from auditor.sources.raw import Digest


MOST_PIECES = 1 << 10
"""Each takes 200 bytes, and a pipe may give a byte at a time."""


class Cut(NamedTuple):
    """What was read together.

    Attributes
    ----------
    number : int
        Its number, from 0.
    pieces : list of bytes or memoryview
        Its bytes, in order.
    """

    number: int
    pieces: list[bytes | memoryview]


class LateDigest:
    """A running hash of bytes that stay where they were read until they are hashed.

    One thread at a time reads. What it has read it cuts off before it lets another one read, and then it
    settles that cut, which waits for the cuts before.

    Parameters
    ----------
    digest : Digest, optional
        Takes the bytes; without one there must be none.
    """

    def __init__(self, digest: Digest | None = None) -> None:
        self._digest = digest
        self._pieces: list[bytes | memoryview] = []
        self._cuts: list[Cut] = []
        self._n_cut = self._n_settled = 0
        self._turn = threading.Condition()

    def update(self, content: bytes | memoryview, /) -> None:
        """Go on with ``content``, which must not change before it is settled; many small pieces are hashed at once."""
        self._pieces.append(content)
        if len(self._pieces) >= MOST_PIECES:
            self.catch_up()

    def keep(self, n_bytes: int, copy: bytes) -> None:
        """Take a copy for the last bytes read, which are about to change; all is hashed now if it is none of them."""
        if not n_bytes or self._digest is None:
            return
        last = self._pieces[-1] if self._pieces else b""
        if len(copy) != n_bytes or len(last) < n_bytes:
            self.catch_up()
            return
        self._pieces[-1:] = [last[: len(last) - n_bytes], copy]

    def cut(self) -> Cut:
        """Return all that was read since the last time; it must be settled."""
        with self._turn:
            cut = Cut(self._n_cut, self._pieces)
            self._pieces = []
            self._n_cut += 1
            self._cuts.append(cut)
        return cut

    def settle(self, cut: Cut) -> None:
        """Hash a cut, after those before it."""
        with self._turn:
            while self._n_settled != cut.number:
                self._turn.wait()
        try:
            for piece in cut.pieces:
                assert self._digest is not None
                self._digest.update(piece)
        finally:
            with self._turn:
                self._n_settled += 1
                self._cuts.remove(cut)
                self._turn.notify_all()

    def catch_up(self) -> None:
        """Hash all that was read; for what others have cut off this waits."""
        self.settle(self.cut())

    def let_go(self, memory: mmap) -> None:
        """Have nothing left to hash in some memory that is about to be used again."""
        with self._turn:
            waiting = [self._pieces, *(cut.pieces for cut in self._cuts)]
            is_held = any(
                isinstance(piece, memoryview) and piece.obj is memory
                for pieces in waiting
                for piece in pieces
            )
        if is_held:
            self.catch_up()

    def hexdigest(self) -> str:
        """Return the hash of all that was read, in hexadecimal digits."""
        self.catch_up()
        assert self._digest is not None
        return self._digest.hexdigest()
