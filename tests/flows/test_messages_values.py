"""Values that are scanned where they are, and those that must be put behind one another first."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows import json_pieces, messages_read
from tests.flows.hubble_events import as_line, odd_events, spoiled, usual_events
from tests.flows.message_batches import JUNK, batch_of, read, said

USUAL = usual_events().map(as_line)
EVENTS = st.one_of(USUAL, USUAL, odd_events(), spoiled(USUAL)).filter(lambda line: b"\n" not in line)
LINE = b'{"flow":{"IP":{"source":"10.0.0.1","destination":"10.0.0.2"},"l4":{"UDP":{"destination_port":53}}}}'
OPTIONS = {"format": "hubble-json"}


def how(values, junk, **given):
    """Return what is read, and whether any value was copied."""
    messages = batch_of(values, junk, **given)
    with patch.object(messages_read, "gathered", wraps=messages_read.gathered) as gathered:
        found = said(read(messages, **OPTIONS))
    return found, gathered.called


@given(st.lists(EVENTS, min_size=1, max_size=6), st.sampled_from((1, 300, 1 << 20)), JUNK)
def test_decode_messages__reads_values_where_they_are(values, piece_bytes, junk):
    """What is said of messages is the same wherever pieces end, and when no value is read where it is."""
    expected, _ = how(values, junk, padding=0)
    with patch.object(json_pieces, "PIECE_BYTES", piece_bytes):
        found, _ = how(values, junk)
    assert found == expected


@pytest.mark.parametrize(
    ("values", "junk", "is_copied"),
    [
        ([LINE, LINE + b"\n", LINE + b"\r\n"], b"\x00", False),
        ([LINE, None, LINE], b"\x02\xff", False),
        ([LINE, LINE + b"\n" + LINE], b"\x00", True),
        ([LINE, LINE], b",{}", True),
        ([LINE[:-1], LINE], b"}\x00", True),
    ],
    ids=["lines", "null between", "two lines", "goes on", "would be whole"],
)
def test_decode_messages__copies_only_what_it_must(values, junk, is_copied):
    """Several lines a message, and bytes behind a value that could be a part of it, are put into a text of lines."""
    expected, was_copied = how(values, [junk], padding=0)
    assert was_copied
    assert how(values, [junk]) == (expected, is_copied)
