"""Classes to outcome, on tables made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.decide import decide, slot_of
from kernels.layout import BLOCK, CLASS_BITS, MAX_CLASSES, MAX_SLOTS, SLOT_BITS, Decisions
from tests.kernels.engines import both


def word(subject, peer, slot):
    """Return the word of an end."""
    return np.uint64(subject << (CLASS_BITS + SLOT_BITS) | peer << SLOT_BITS | slot)


# Two subjects of two blocks each, the second block shared; three port classes. Decision 0 is one outcome, decision 1
# has two by port, decision 2 has three.
CELLS = np.zeros((3, BLOCK), dtype=np.uint32)
CELLS[0, 5], CELLS[1, 5], CELLS[2, 0] = 1, 2, 1
TABLE = Decisions(
    rows=np.array([0, 2], dtype=np.uint32),
    blocks=np.array([0, 2, 1, 2], dtype=np.uint32),
    cells=CELLS.reshape(-1),
    places=np.array([0 << 32 | 0, 3 << 32 | 1, 6 << 32 | 3], dtype=np.uint64),
    groups=np.array([0, 0, 0, 0, 1, 1, 2, 1, 0], dtype=np.uint16),
    outcomes=np.array([4, 10, 11, 20, 21, 22], dtype=np.int32),
)


@pytest.mark.parametrize("device", both(decide))
def test_decide__walks_row_block_decision_and_ports(device):
    """Each step takes its part of the words, whatever stands in the others."""
    expected = {
        (0, 0): [4, 4, 4],
        (0, 5): [10, 11, 11],
        (0, BLOCK): [10, 11, 11],
        (0, BLOCK + 1): [4, 4, 4],
        (1, 4): [4, 4, 4],
        (1, 5): [22, 21, 20],
        (1, BLOCK): [10, 11, 11],
    }
    for (subject, peer), outcomes in expected.items():
        for port_class, outcome in enumerate(outcomes):
            for noise in (0, MAX_CLASSES - 1):
                ends = word(subject, noise, 3), word(noise, peer, MAX_SLOTS - 1)
                assert device(TABLE, *ends, np.uint64(port_class)) == outcome


@pytest.mark.parametrize("device", both(slot_of))
def test_slot_of__is_the_lowest_part(device):
    """The slot comes back from below both classes."""
    for slot in (0, 1, MAX_SLOTS - 1):
        assert device(word(MAX_CLASSES - 1, MAX_CLASSES - 1, slot)) == slot
        assert device(word(0, 0, slot)) == slot
