"""Which group takes a key in, where there may only be so many groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.report import schema
from auditor.report.reading import numbered

if TYPE_CHECKING:
    from numpy.typing import NDArray

COARSENINGS = (
    "past `{}` groups, those of further external and unknown addresses are counted as one end each",
    "past `{}` groups, those of further ports are counted without their port",
    "past `{}` groups, those of further ends are counted by the kind of the ends",
)
"""What is done past ``max_groups``, past twice as many and past three times as many."""

_HAS_NO_NAME = np.isin(schema.KIND_NAMES, ("external", "unknown"))


class Admission(NamedTuple):
    """Where keys were counted.

    Attributes
    ----------
    keys : ndarray of KEY, shape (G,)
        Of all groups: the known ones, then the new ones in order of appearance.
    numbers : ndarray of int32, shape (W,)
        The group of each key that was wanted.
    n_steps : int
        How many of ``COARSENINGS`` were needed.
    """

    keys: NDArray[np.void]
    numbers: NDArray[np.int32]
    n_steps: int


def admitted(
    known: NDArray[np.void], wanted: NDArray[np.void], kinds: NDArray[np.int32], max_groups: int
) -> Admission:
    """Give every wanted key a group: its own, if it is known or there is room, else a coarser one.

    The outcome is that of looking at one key after the other: a key that has no group makes one while there are
    fewer than ``max_groups``; past that it is coarsened by the first step, and the same holds for what comes of it
    with room for ``max_groups`` more, and so on; after the last step there is always room.

    Parameters
    ----------
    known : ndarray of KEY, shape (N,)
        Of the groups so far, distinct.
    wanted : ndarray of KEY, shape (W,)
        In order of appearance.
    kinds : ndarray of int32, shape (E,)
        The kind of each end; the first ends are ``KIND_ENDS``.
    max_groups : int
        Positive.
    """
    keys = known
    numbers = np.empty(len(wanted), dtype=np.int32)
    rest = np.arange(len(wanted))
    # Groups made at a step are of keys that come before all that is left over for the next one. So every step finds
    # the groups that one key after the other would find, and makes them in the same order.
    step = 0
    while True:
        firsts, found = numbered(np.concatenate([keys, wanted[rest]]))
        n_groups = len(firsts)
        if step < len(COARSENINGS):
            n_groups = min(n_groups, max(len(keys), max_groups * (step + 1)))
        new = firsts[len(keys) : n_groups] - len(keys)
        numbers[rest] = found[len(keys) :]
        keys = np.concatenate([keys, wanted[rest[new]]])
        rest = rest[numbers[rest] >= n_groups]
        if not len(rest):
            return Admission(keys, numbers, step)
        wanted = _coarser(wanted, kinds, step)
        step += 1


def _coarser(keys: NDArray[np.void], kinds: NDArray[np.int32], step: int) -> NDArray[np.void]:
    keys = keys.copy()
    if step == 1:
        keys["port"] = -1
        return keys
    for end in ("source", "destination"):
        kind = kinds[keys[end]]
        keys[end] = np.where((step > 1) | _HAS_NO_NAME[kind], kind, keys[end])
    return keys
