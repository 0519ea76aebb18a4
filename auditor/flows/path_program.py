"""Path programs: which values of a JSON document a scanner is to find, from a tree of keys to arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from kernels.json import (
    KIND_ARRAY,
    KIND_FALSE,
    KIND_NULL,
    KIND_NUMBER,
    KIND_OBJECT,
    KIND_STRING,
    KIND_TRUE,
)
from kernels.json_program import MAX_KEY_BYTES, TABLE_SIZE, Program

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

ANY = KIND_STRING | KIND_NUMBER | KIND_TRUE | KIND_FALSE | KIND_NULL | KIND_OBJECT | KIND_ARRAY
SCALAR = KIND_STRING | KIND_NUMBER
TRUTH = KIND_TRUE | KIND_FALSE

_FIRST_MULTIPLIER = 0x9E37_79B1
_STEP = 0x85EB_CA6A  # even: every multiplier tried is odd
_TRIES = 100_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A value that is wanted.

    Attributes
    ----------
    slot : int
        Where the scanner notes it.
    kinds : int
        Which ``KIND_*`` it may have, added up.
    under : mapping of str to Wanted
        Keys that are wanted of the object it is.
    is_closed : bool
        Whether other keys of that object make the line odd.
    mark : int
        Noted instead of the value's kind, 0 for the kind itself.
    """

    slot: int
    kinds: int
    under: Mapping[str, Wanted] = field(default_factory=dict)
    is_closed: bool = False
    mark: int = 0


def compile_program(root: Mapping[str, Wanted]) -> Program:
    """Compile the keys wanted of a document, an object, to what ``kernels.json.scan_lines`` reads.

    Parameters
    ----------
    root : mapping of str to Wanted
        By key of the outermost object.

    Returns
    -------
    Program
        Arrays that cannot be written to. Equal objects are one node.
    """
    nodes: list[tuple[Mapping[str, Wanted], bool]] = [(root, False)]
    keys: list[tuple[bytes, Wanted, int]] = []
    tables: list[NDArray[np.int16]] = []
    multipliers: list[int] = []
    for members, _ in nodes:  # grows while it is walked
        first = len(keys)
        for name, wanted in members.items():
            child = -1
            if wanted.under:
                node = (wanted.under, wanted.is_closed)
                if node not in nodes:
                    nodes.append(node)
                child = nodes.index(node)
            keys.append((_key_bytes(name), wanted, child))
        multiplier, table = _perfect_table([name for name, _, _ in keys[first:]], first)
        tables.append(table)
        multipliers.append(multiplier)
    words = np.zeros((len(keys), MAX_KEY_BYTES // 8), np.uint64)
    for row, (key, _, _) in zip(words, keys, strict=True):
        row[:] = np.frombuffer(key.ljust(MAX_KEY_BYTES, b"\0"), np.uint64)
    facts = [
        len(key) | wanted.slot << 8 | wanted.kinds << 16 | wanted.mark << 24 | (child + 1) << 32
        for key, wanted, child in keys
    ]
    program = Program(
        table=np.concatenate(tables),
        multiplier=np.array(multipliers, np.uint64),
        lengths=np.array(
            [
                sum(1 << length for length in {len(_key_bytes(name)) for name in members})
                for members, _ in nodes
            ],
            np.uint64,
        ),
        is_closed=np.array([is_closed for _, is_closed in nodes], np.uint8),
        words=words,
        facts=np.array(facts, np.uint64),
    )
    for array in program:
        array.flags.writeable = False
    return program


def _key_bytes(name: str) -> bytes:
    key = name.encode("ascii")
    assert 0 < len(key) <= MAX_KEY_BYTES, f"`{name}` is no key that a program can hold"
    return key


def _perfect_table(keys: list[bytes], first: int) -> tuple[int, NDArray[np.int16]]:
    """Return a multiplier under which no two keys share a place, and which key stands at each place."""
    multiplier = _FIRST_MULTIPLIER
    for _ in range(_TRIES):
        places = [_place(key, multiplier) for key in keys]
        if len(set(places)) == len(places):
            table = np.full(TABLE_SIZE, -1, np.int16)
            table[places] = np.arange(first, first + len(keys))
            return multiplier, table
        multiplier = (multiplier + _STEP) & 0xFFFF_FFFF
    raise AssertionError(f"no perfect hash for the keys {keys}")


def _place(key: bytes, multiplier: int) -> int:
    """Return what ``kernels.json_program.key_place`` does, for a Python integer."""
    word = int.from_bytes(key[:8], "little")
    folded = ((word ^ (word >> 32)) & 0xFFFF_FFFF) ^ len(key)
    return ((folded * multiplier) & 0xFFFF_FFFF) >> 27
