"""Values of messages as the lines of one block, and which message each line came from."""

from __future__ import annotations

import threading
from dataclasses import replace
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.arrays import ask_for_large_pages, frozen
from auditor.flows.blocks import LineBlock, bounded
from auditor.flows.json_pieces import ValueBlock
from auditor.flows.schema import MAX_POSITIONS
from kernels.memory import PADDING
from kernels.messages import gather

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from auditor.flows.schema import Account, FlowBatch

LINE_BITS = 20
"""A key is the place of a message and, in so many bits, the number of a line in it: rows of a batch ascend by keys."""

_LAST_LINE = (1 << LINE_BITS) - 1
_FIRST_BYTES = 1 << 20
_MOST_BYTES = 64 << 20
"""Memory that a thread keeps; more only while it is needed."""


class Rejection(NamedTuple):
    """A row that nobody understands.

    Attributes
    ----------
    key : int
        Where it stands; before that is known, the number of a line, from 1.
    reason : str
        A short sentence without values.
    n_rows : int
        How many rows of the message are rejected for it.
    detail : str
        What else there is to say, perhaps with names from the message.
    """

    key: int
    reason: str
    n_rows: int = 1
    detail: str = ""


class Part(NamedTuple):
    """What some records say.

    Attributes
    ----------
    flows : FlowBatch
        Its rows are keys, ascending.
    rejected : list of Rejection
        Every row that its account counts as rejected.
    warnings : tuple of str
        What a user must know.
    """

    flows: FlowBatch
    rejected: list[Rejection]
    warnings: tuple[str, ...] = ()


class _Room(threading.local):
    """The text of a thread's last block: its memory is used again."""

    def __init__(self) -> None:
        self.resize(_FIRST_BYTES)

    def resize(self, size: int) -> None:
        """Make room for so many bytes."""
        self.content = mmap(-1, size, MAP_PRIVATE | MAP_ANONYMOUS)
        ask_for_large_pages(self.content)


ROOM = _Room()
"""The memory of each thread."""


class _Held:
    """The memory under a block."""

    def __init__(self, content: mmap) -> None:
        self.content = content


class Lines(NamedTuple):
    """The lines of some messages; valid until the same thread gathers the next ones.

    Attributes
    ----------
    block : LineBlock
        The lines, numbered from 1.
    firsts : ndarray of int64, shape (M, 2)
        The first line of each value, from 0, and where it begins.
    keys : ndarray of int64, shape (M,)
        The key of each value, ascending.
    is_carried : bool
        Whether all lines of a value have its key: they were carried by one line.
    """

    block: LineBlock
    firsts: NDArray[np.int64]
    keys: NDArray[np.int64]
    is_carried: bool

    def keys_of(self, lines: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the keys of lines, which are numbered from 1."""
        if self.block.n_lines == len(self.keys):
            return self.keys[lines - 1]
        values = np.searchsorted(self.firsts[:, 0], lines - 1, side="right") - 1
        keys: NDArray[np.int64] = self.keys[values]
        if not self.is_carried:
            keys = keys + np.minimum(lines - 1 - self.firsts[values, 0], _LAST_LINE)
        return keys

    def blocks(self) -> Iterator[LineBlock]:
        """Yield the lines in blocks of at most ``MAX_LINES``."""
        yield from bounded(self.block)


class ValueLines(NamedTuple):
    """Messages of one line each, where they are.

    Attributes
    ----------
    values : ndarray of uint8
        Holds them.
    spans : ndarray of int64, shape (M, 2)
        Where each begins and ends.
    keys : ndarray of int64, shape (M,)
        The key of each, ascending.
    """

    values: NDArray[np.uint8]
    spans: NDArray[np.int64]
    keys: NDArray[np.int64]

    def keys_of(self, lines: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the keys of lines, which are numbered from 1."""
        return self.keys[lines - 1]

    def blocks(self) -> Iterator[ValueBlock]:
        """Yield them all: they are fewer than ``MAX_LINES``."""
        yield ValueBlock(self.values, self.spans)


def placed(
    lines: Lines | ValueLines, flows: FlowBatch, rejected: list[Rejection], warnings: tuple[str, ...] = ()
) -> Part:
    """Return what lines say by their keys instead of their numbers.

    Parameters
    ----------
    lines : Lines or ValueLines
        The lines.
    flows : FlowBatch
        Its rows are numbers of lines, from 1.
    rejected : list of Rejection
        By the same numbers.
    warnings : tuple of str
        What a user must know.
    """
    keys = lines.keys_of(np.array([each.key for each in rejected], np.int64)).tolist()
    moved = [each._replace(key=key) for each, key in zip(rejected, keys, strict=True)]
    return Part(replace(flows, rows=lines.keys_of(np.asarray(flows.rows))), moved, warnings)


def key_of(places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the keys of the first lines of messages, given by their places from 0."""
    return places << LINE_BITS


def gathered(
    values: NDArray[np.uint8], spans: NDArray[np.int64], keys: NDArray[np.int64], *, is_carried: bool = False
) -> Lines:
    """Put values behind one another.

    Parameters
    ----------
    values : ndarray of uint8
        Holds them.
    spans : ndarray of int64, shape (M, 2)
        Where each begins and ends.
    keys : ndarray of int64, shape (M,)
        The key of each, ascending.
    is_carried : bool
        Whether all lines of a value have its key.
    """
    needed = int((spans[:, 1] - spans[:, 0]).sum()) + len(spans) + PADDING
    if needed > len(ROOM.content) or len(ROOM.content) > max(_MOST_BYTES, 4 * needed):
        ROOM.resize(1 << max(needed, _FIRST_BYTES).bit_length())
    content = ROOM.content
    firsts = np.empty((len(spans), 2), np.int64)
    size, n_lines = gather(frozen(values), frozen(spans), np.frombuffer(content, np.uint8), firsts)
    return Lines(LineBlock(_Held(content), 0, int(size), 1, int(n_lines)), firsts, keys, is_carried)


def gathered_texts(texts: Sequence[bytes], keys: Sequence[int]) -> Lines:
    """Put texts behind one another, as ``gathered`` does values that were carried."""
    lengths = np.array([len(text) for text in texts], np.int64)
    ends = np.cumsum(lengths)
    values = np.frombuffer(b"".join(texts) or b"\n", np.uint8)
    return gathered(
        values, np.stack([ends - lengths, ends], axis=1), np.array(keys, np.int64), is_carried=True
    )


def all_rejected(
    account: Account, lines: Sequence[tuple[int, bytes]], decode: Callable[[list[tuple[int, bytes]]], Account]
) -> list[Rejection]:
    """Return every rejected row; an account names the first few of each reason.

    Parameters
    ----------
    account : Account
        Of rows among which are these lines.
    lines : sequence of (int, bytes)
        Number and text of every line that may be rejected.
    decode : callable
        Reads some of them again, and returns their account.
    """
    found = _listed(account)
    if len(found) < account.n_rejected:
        # So few lines that all of them are named.
        parts = (lines[first : first + MAX_POSITIONS] for first in range(0, len(lines), MAX_POSITIONS))
        found = [each for part in parts for each in _listed(decode(list(part)))]
    assert len(found) == account.n_rejected
    return found


def _listed(account: Account) -> list[Rejection]:
    """Return the rejected rows that an account names, in order: by reason, it is that of whichever row came first."""
    found = [Rejection(row, entry.reason) for entry in account.rejected.values() for row in entry.rows]
    return sorted(found, key=lambda each: each.key)
