"""Fields of a text to distinct texts and codes, without a Python object a row."""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from auditor.flows.addresses import parse_texts
from auditor.flows.schema import Addresses
from auditor.strings import Strings
from kernels.codes import ADDRESS_OK
from kernels.intern import N_SEEDS, gather_spans, intern_spans
from kernels.parse import parse_addresses

if TYPE_CHECKING:
    from numpy.typing import NDArray


# Whoever writes a log must not be able to choose fields that collide; what is read does not depend on the seeds.
SEEDS = np.array([secrets.randbits(32) for _ in range(N_SEEDS)], np.uint64)
SEEDS.flags.writeable = False

_FIRST_TABLE = 1 << 13
_GROWTH = 4


class _Room(threading.local):
    """The table of a thread, as long as its last block needed: zeroing memory is cheaper than asking for it."""

    def __init__(self) -> None:
        self.resize(_FIRST_TABLE)

    def resize(self, size: int) -> None:
        """Make room for ``size`` entries, half of which may be used."""
        self.table = np.zeros((size, 4), np.uint64)
        self.firsts = np.empty(size // 2, np.int32)


_ROOM = _Room()


class Interned(NamedTuple):
    """Fields as codes into their distinct texts.

    Attributes
    ----------
    codes : ndarray of int32, shape (F,)
        Place of each field's text; they are numbered as they first appear.
    texts : pyarrow.BinaryArray, length A
        The distinct texts.
    """

    codes: NDArray[np.int32]
    texts: pa.BinaryArray


def intern(text: NDArray[np.uint8], spans: NDArray[np.int32]) -> Interned:
    """Give equal fields equal codes.

    Parameters
    ----------
    text : ndarray of uint8, shape (N,)
        The text; ``kernels.memory.PADDING`` bytes stand behind its last field.
    spans : ndarray of int32, shape (F, 2)
        Where each field begins and ends.
    """
    fields = np.ascontiguousarray(spans).view()
    fields.flags.writeable = False
    codes = np.empty(len(fields), np.int32)
    while True:
        # No longer than what can come: a few fields need no table for thousands.
        size = min(len(_ROOM.table), 4 << len(fields).bit_length())
        table = _ROOM.table[:size]
        table.fill(0)
        n = intern_spans(text, fields, SEEDS, table, codes, _ROOM.firsts[: size // 2])
        if n >= 0:
            break
        # Few logs have so many distinct addresses in one block: beginning anew is cheaper than a larger table for all.
        _ROOM.resize(len(_ROOM.table) * _GROWTH)
    chosen = _ROOM.firsts[:n].copy()
    if n * _GROWTH * _GROWTH < len(_ROOM.table) > _FIRST_TABLE:
        _ROOM.resize(_FIRST_TABLE)  # one block of very many addresses is past
    offsets = np.zeros(n + 1, np.int32)
    np.cumsum(fields[chosen, 1] - fields[chosen, 0], out=offsets[1:])
    letters = np.empty(int(offsets[-1]), np.uint8)
    chosen.flags.writeable = offsets.flags.writeable = False
    gather_spans(text, fields, chosen, offsets, letters)
    texts = pa.Array.from_buffers(pa.binary(), n, [None, pa.py_buffer(offsets), pa.py_buffer(letters)])
    return Interned(codes, texts)


def intern_addresses(
    text: NDArray[np.uint8], spans: NDArray[np.int32]
) -> tuple[NDArray[np.int32], Addresses, NDArray[np.uint8]]:
    """Read the addresses of both sides, each distinct text once.

    Parameters
    ----------
    text : ndarray of uint8, shape (N,)
        See ``intern``.
    spans : ndarray of int32, shape (F, 2, 2)
        Where the source and the destination of each row begin and end.

    Returns
    -------
    codes : ndarray of int32, shape (2, F)
        Places among the addresses.
    addresses : Addresses
        The distinct ones of both sides.
    status : ndarray of uint8, shape (A,)
        ``codes.ADDRESS_*`` of each.
    """
    codes, texts = intern(text, spans.reshape(-1, 2))
    n = len(texts)
    high, low, status = np.zeros(n, np.uint64), np.zeros(n, np.uint64), np.zeros(n, np.uint8)
    _, offsets, letters = texts.buffers()
    held = Strings(np.frombuffer(offsets, np.int32, n + 1), np.frombuffer(letters, np.uint8))
    parse_addresses(held.offsets, held.letters, high, low, status)
    if (status == ADDRESS_OK).all():
        # An address is ASCII, so its bytes are a text as they are.
        addresses = Addresses(high, low, held)
    else:
        addresses, status = parse_texts(texts)
    return np.ascontiguousarray(codes.reshape(-1, 2).T), addresses, status
