"""Who opened: all hints with all marks."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from kernels import codes
from kernels.opener import infer, opener_of
from tests.kernels.engines import both

RANGES = {"none": 0, "system": 1, "registered": 2, "client": 3}
SAID = {
    codes.HINT_SOURCE_TCP_FLAGS: (codes.OPENER_SOURCE, codes.BASIS_TCP_FLAGS),
    codes.HINT_DESTINATION_TCP_FLAGS: (codes.OPENER_DESTINATION, codes.BASIS_TCP_FLAGS),
    codes.HINT_SOURCE_REPLY_FLAG: (codes.OPENER_SOURCE, codes.BASIS_REPLY_FLAG),
    codes.HINT_DESTINATION_REPLY_FLAG: (codes.OPENER_DESTINATION, codes.BASIS_REPLY_FLAG),
    codes.HINT_SOURCE_RECORDED: (codes.OPENER_SOURCE, codes.BASIS_RECORDED),
}
SOURCE = (codes.OPENER_SOURCE, codes.BASIS_INFERRED)
DESTINATION = (codes.OPENER_DESTINATION, codes.BASIS_INFERRED)
RECORDED = (codes.OPENER_SOURCE, codes.BASIS_RECORDED)
L = codes.MARK_LISTENING


def unpacked(value):
    """Return opener and basis."""
    return int(value) & 1, int(value) >> 1


@pytest.mark.parametrize(
    ("src", "dst", "expected"),
    [
        ("client", "system", SOURCE),
        ("client", "registered", SOURCE),
        ("registered", "system", SOURCE),
        ("system", "client", DESTINATION),
        ("registered", "client", DESTINATION),
        ("system", "registered", DESTINATION),
        ("client", "client", RECORDED),
        ("registered", "registered", RECORDED),
        ("system", "system", RECORDED),
        ("none", "system", RECORDED),
        ("client", "none", RECORDED),
        ("none", "none", RECORDED),
    ],
)
def test_infer__by_ranges(src, dst, expected):
    """The lower range is the server's; equal ranges and missing ports tell nothing."""
    assert unpacked(infer(RANGES[src], RANGES[dst])) == expected
    if "none" not in (src, dst):
        assert unpacked(infer(RANGES[src] | L, RANGES[dst] | L)) == expected


@pytest.mark.parametrize("src", ["system", "registered", "client"])
@pytest.mark.parametrize("dst", ["system", "registered", "client"])
def test_infer__by_what_listens(src, dst):
    """A port on which something listens is the server's, whatever the ranges, if the other is none."""
    assert unpacked(infer(RANGES[src], RANGES[dst] | L)) == SOURCE
    assert unpacked(infer(RANGES[src] | L, RANGES[dst])) == DESTINATION


@pytest.mark.parametrize("device", both(opener_of))
def test_opener_of__lets_the_record_win(device):
    """What a record says of itself is taken whatever the ports; only without a word is it inferred."""
    for hint, src, dst in product((codes.HINT_NONE, *SAID), range(codes.N_MARKS), range(codes.N_MARKS)):
        found = unpacked(device(np.uint8(hint), np.uint8(src), np.uint8(dst)))
        assert found == (SAID[hint] if hint in SAID else unpacked(infer(src, dst)))
