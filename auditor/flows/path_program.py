"""Path programs: which values of a JSON document a scanner is to find, from a tree of keys to arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from kernels.json_program import (
    CHILD_SHIFT,
    KEY_ROOM,
    KEY_SHIFT,
    KIND_ARRAY,
    KIND_FALSE,
    KIND_NULL,
    KIND_NUMBER,
    KIND_OBJECT,
    KIND_STRING,
    KIND_TRUE,
    KINDS_SHIFT,
    MARK_SHIFT,
    MAX_KEY_BYTES,
    NODE_WORDS,
    TABLE_SIZE,
    WANTED_SHIFT,
    Program,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


ANY = KIND_STRING | KIND_NUMBER | KIND_TRUE | KIND_FALSE | KIND_NULL | KIND_OBJECT | KIND_ARRAY
SCALAR = KIND_STRING | KIND_NUMBER
TRUTH = KIND_TRUE | KIND_FALSE

_FIRST_MULTIPLIER = 0x9E37_79B1
_STEP = 0x85EB_CA6A  # even: every multiplier tried is odd
_TRIES = 100_000

MAX_KEYS = 24
"""Keys of one object for which a multiplier is found in no time."""

MAX_KEYS_IN_ALL = 250
"""A key is known by one byte, its place."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A value that is wanted, or known to be of no interest.

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
    is_skipped : bool
        Whether nothing is to be noted. The value of a key that a program does not hold is skipped as well, but the
        scanner takes longer for such a key.
    """

    slot: int
    kinds: int
    under: Mapping[str, Wanted] = field(default_factory=dict)
    is_closed: bool = False
    mark: int = 0
    is_skipped: bool = False


SKIPPED = Wanted(0, ANY, is_skipped=True)
"""Any value, of no interest."""


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
    ranges: list[slice] = []
    for members, is_closed in nodes:  # grows while it is walked
        first = len(keys)
        for name, wanted in members.items():
            assert not (is_closed and wanted.is_skipped), f"`{name}` is a key that must not be there"
            child = -1
            if wanted.under:
                node = (wanted.under, wanted.is_closed)
                if node not in nodes:
                    nodes.append(node)
                child = nodes.index(node)
            keys.append((_key_bytes(name), wanted, child))
        ranges.append(slice(first, len(keys)))
    n_slots = 1 + max(wanted.slot for _, wanted, _ in keys)
    facts = [
        len(key)
        | (n_slots if wanted.is_skipped else wanted.slot) << 8
        | wanted.kinds << KINDS_SHIFT
        | wanted.mark << MARK_SHIFT
        | (0 if child < 0 else 1 + child * NODE_WORDS) << CHILD_SHIFT
        | (not wanted.is_skipped) << WANTED_SHIFT
        | place << KEY_SHIFT
        for place, (key, wanted, child) in enumerate([*keys, (b"", SKIPPED, -1)])
    ]
    words = [facts[-1]]
    for (_, is_closed), span in zip(nodes, ranges, strict=True):
        multiplier, places = _perfect_hash([key for key, *_ in keys[span]])
        table = [facts[-1]] * TABLE_SIZE
        for place, fact in zip(places, facts[span], strict=True):
            table[place] = fact
        words += [multiplier, int(is_closed), *table]
    letters = b"".join((key + b'"').ljust(KEY_ROOM, b"\0") for key, *_ in keys) + bytes(KEY_ROOM)
    program = Program(np.array(words, np.uint64), np.frombuffer(letters, np.uint8).copy())
    for array in program:
        array.flags.writeable = False
    return program


def can_compile(root: Mapping[str, Wanted]) -> bool:
    """Return whether a program can hold the keys of these objects: short ones of ASCII that its hash tells apart."""
    keys = list(root)
    fits = all(key.isascii() and 0 < len(key) <= MAX_KEY_BYTES and key.isprintable() for key in keys)
    if not fits or '"' in "".join(keys) or "\\" in "".join(keys) or len(keys) > MAX_KEYS:
        return False
    told_apart = {_folded(key.encode()) for key in keys}
    if len(told_apart) != len(keys) or not all(can_compile(wanted.under) for wanted in root.values()):
        return False
    return _n_keys(root) <= MAX_KEYS_IN_ALL


def _n_keys(root: Mapping[str, Wanted]) -> int:
    return len(root) + sum(_n_keys(wanted.under) for wanted in root.values())


def _key_bytes(name: str) -> bytes:
    key = name.encode("ascii")
    assert 0 < len(key) <= MAX_KEY_BYTES, f"`{name}` is no key that a program can hold"
    return key


def _perfect_hash(keys: list[bytes]) -> tuple[int, list[int]]:
    """Return a multiplier under which no two keys share a place, and the place of each."""
    multiplier = _FIRST_MULTIPLIER
    for _ in range(_TRIES):
        places = [_place(key, multiplier) for key in keys]
        if len(set(places)) == len(places):
            return multiplier, places
        multiplier = (multiplier + _STEP) & 0xFFFF_FFFF
    raise AssertionError(f"no perfect hash for the keys {keys}")


def _place(key: bytes, multiplier: int) -> int:
    """Return what ``kernels.json_program.key_place`` does, for a Python integer."""
    return ((_folded(key) * multiplier) & 0xFFFF_FFFF) >> 26


def _folded(key: bytes) -> int:
    """Return what is hashed of a key."""
    return int.from_bytes((key + b'"')[:2] + key[-1:], "little") | len(key) << 24
