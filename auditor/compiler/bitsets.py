"""Sets of small integers as Python integers, and the classes that a family of such sets cannot tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

_ROWS_AT_ONCE = 1024
"""Sets unpacked together: bounds the unpacked matrix to 1024 bytes a member. A multiple of 8, so no byte is split."""


class Classes(NamedTuple):
    """Members that lie in exactly the same sets share a class.

    Attributes
    ----------
    class_of : ndarray of int32, shape (N,)
        Class of each member, numbered by first appearance.
    is_in : ndarray of bool, shape (K, C)
        Whether the members of class c lie in set k.
    """

    class_of: NDArray[np.int32]
    is_in: NDArray[np.bool_]


def full(n: int) -> int:
    """Return the set of ``0..n-1``."""
    return (1 << n) - 1


def run(first: int, last: int) -> int:
    """Return the set of ``first..last`` (closed)."""
    return ((1 << (last - first + 1)) - 1) << first


def of(members: Iterable[int]) -> int:
    """Return the set of ``members``."""
    packed = bytearray()
    for member in members:
        byte = member >> 3
        if byte >= len(packed):
            packed.extend(bytes(byte + 1 - len(packed)))
        packed[byte] |= 1 << (member & 7)
    return int.from_bytes(packed, "little")


def union(sets: Iterable[int]) -> int:
    """Return the union of ``sets``."""
    result = 0
    for each in sets:
        result |= each
    return result


def to_mask(members: int, n: int) -> NDArray[np.bool_]:
    """Return the set as a mask of length ``n``."""
    packed = np.frombuffer(members.to_bytes((n + 7) // 8, "little"), dtype=np.uint8)
    return np.unpackbits(packed, count=n, bitorder="little").astype(np.bool_)


def to_indices(members: int, n: int) -> NDArray[np.int64]:
    """Return the members of a set below ``n``, ascending."""
    return np.flatnonzero(to_mask(members, n))


def columns(sets: Sequence[int], n: int) -> NDArray[np.uint8]:
    """Return by member which of K sets it lies in, as a row of K packed bits, the first in the highest bit."""
    width = (n + 7) // 8
    parts = []
    for start in range(0, len(sets), _ROWS_AT_ONCE):
        chosen_sets = sets[start : start + _ROWS_AT_ONCE]
        rows = b"".join(each.to_bytes(width, "little") for each in chosen_sets)
        # Not -1: without any member there are no bytes to tell the number of rows from.
        packed = np.frombuffer(rows, dtype=np.uint8).reshape(len(chosen_sets), width)
        bits = np.unpackbits(packed, axis=1, count=n, bitorder="little")
        parts.append(np.packbits(bits, axis=0))
    if not parts:
        return np.empty((n, 0), np.uint8)
    return np.ascontiguousarray(np.concatenate(parts).T)


def classes(sets: Sequence[int], n: int) -> Classes:
    """Group ``0..n-1`` by the sets they lie in.

    Parameters
    ----------
    sets : sequence of int
        K sets of members below ``n``.
    n : int
        How many members there are.

    Returns
    -------
    Classes
        The coarsest classes that no set tells apart.
    """
    packed = columns(sets, n)
    numbers: dict[bytes, int] = {}
    class_of = np.empty(n, dtype=np.int32)
    representatives: list[int] = []
    for member in range(n):
        signature = packed[member].tobytes()
        number = numbers.setdefault(signature, len(numbers))
        if number == len(representatives):
            representatives.append(member)
        class_of[member] = number
    chosen = packed[representatives]
    is_in = np.unpackbits(chosen, axis=1, count=len(sets)).T.astype(np.bool_)
    return Classes(class_of, np.ascontiguousarray(is_in))
