"""Classes to outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import device
from kernels.layout import BLOCK, BLOCK_BITS, CLASS_BITS, SLOT_BITS

if TYPE_CHECKING:
    from kernels.layout import Decisions

_SLOT_MASK = np.uint64((1 << SLOT_BITS) - 1)
_PEER_MASK = np.uint64((1 << CLASS_BITS) - 1)
_SUBJECT_SHIFT = np.uint64(SLOT_BITS + CLASS_BITS)
_PEER_SHIFT = np.uint64(SLOT_BITS)
_BLOCK_MASK = np.uint64(BLOCK - 1)
_BLOCK_SHIFT = np.uint64(BLOCK_BITS)


@device
def slot_of(word: np.uint64) -> np.uint64:
    """Return the slot of a word."""
    return word & _SLOT_MASK


@device
def decide(
    decisions: Decisions, subject_word: np.uint64, peer_word: np.uint64, port_class: np.uint64
) -> np.int32:
    """Return the outcome of one side.

    Parameters
    ----------
    decisions : Decisions
        Of the side's direction.
    subject_word : uint64
        Word of the subject's end; its upper class is the subject class of this direction.
    peer_word : uint64
        Word of the other end; its lower class is the peer class of this direction.
    port_class : uint64
        Of the destination port.

    Returns
    -------
    int32
        The outcome, which names the deciding rule if there is one.
    """
    subject = subject_word >> _SUBJECT_SHIFT
    peer = (peer_word >> _PEER_SHIFT) & _PEER_MASK
    block = np.uint64(decisions.blocks[np.uint64(decisions.rows[subject]) + (peer >> _BLOCK_SHIFT)])
    decision = np.uint64(decisions.cells[(block << _BLOCK_SHIFT) + (peer & _BLOCK_MASK)])
    place = decisions.places[decision]
    group = np.uint64(decisions.groups[(place >> np.uint64(32)) + port_class])
    outcome: np.int32 = decisions.outcomes[(place & np.uint64(0xFFFFFFFF)) + group]
    return outcome
