"""Any bytes at all in messages: nothing fails, everything is counted, and neighbours stay what they are."""

from __future__ import annotations

import gzip
from base64 import b64encode
from functools import partial

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows.messages import FORMATS, MessageOptions, decode_messages, value_of
from tests.flows.message_batches import JUNK, batch_of, read, rejects, said
from tests.flows.tables import ipc_bytes, table
from tests.flows.test_messages import ARROW, HUBBLE, LOST, VPC
from tests.flows.test_messages_carriers import BATCH, HEADER, SHORT, wrapped

compress = partial(gzip.compress, mtime=0)  # the same at any time: it stands in names of tests

PIECES = (
    *(
        HUBBLE,
        VPC,
        LOST,
        ARROW,
        BATCH,
        compress(BATCH),
        b64encode(compress(BATCH)),
        ipc_bytes(table()),
    ),
    *(
        wrapped(HUBBLE),
        wrapped(VPC),
        wrapped(wrapped(HUBBLE)),
        HEADER,
        SHORT,
        b"srcaddr srcaddr",
        b"level=info msg=",
    ),
    *(
        b"",
        b"\n",
        b" ",
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b"\\",
        b"\\u0000",
        b"\\ud800",
        b"\0",
        b"\xff\xff\xff\xff",
        b"ARROW1",
    ),
    *(
        b"\x1f\x8b",
        b"H4sI",
        b"\xef\xbb\xbf",
        b"\0\0\0\0\1{",
        b'{"logEvents":',
        b'{"awslogs":{"data":"',
        b'{"log":"',
        b"#",
    ),
)


@st.composite
def hostile(draw):
    """Draw a value of some pieces, with bytes changed, cut out and put in."""
    value = b"".join(draw(st.lists(st.sampled_from(PIECES), max_size=3)))
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(value)))
        gone = draw(st.sampled_from((0, 1, 1, 9)))
        value = value[:place] + draw(st.binary(max_size=3) | st.sampled_from(PIECES)) + value[place + gone :]
    return draw(
        st.sampled_from((value, value, value, compress(value), wrapped(value.decode("latin-1").encode())))
    )


VALUES = st.lists(st.none() | hostile(), min_size=1, max_size=5)


@given(VALUES, st.sampled_from((None, *FORMATS)), st.sampled_from((None, HEADER.decode())), JUNK)
def test_decode_messages__takes_any_bytes(values, name, columns, junk):
    """The same whoever reads the lines, and however many messages are read together."""
    messages = batch_of(values, junk)
    whole = said(read(messages, format=name, vpc_format=columns))
    assert said(read(messages, format=name, vpc_format=columns, exact=True)) == whole
    assert said(read(messages, format=name, vpc_format=columns, block_bytes=1)) == whole
    assert [value_of(messages, place) for place in range(len(values))] == values


@given(VALUES, st.sampled_from((HUBBLE, VPC, ARROW)))
def test_decode_messages__leaves_neighbours_alone(values, neighbour):
    """One in front, one behind, and one between any two."""
    (alone,) = read(batch_of([neighbour]))
    mixed = [neighbour, *(each for value in values for each in (value, neighbour))]
    found = read(batch_of(mixed))
    rows = np.array(said(found)["rows"])
    places = range(100, 100 + len(mixed), 2)
    assert [int((rows == offset).sum()) for offset in places] == [alone.flows.n_flows] * len(places)
    assert not set(places) & {offset for offset, _ in rejects(found)}


@given(VALUES)
def test_decode_messages__counts_every_message(values):
    """Each is found among the flows, the skipped ones or the rejected ones."""
    for place, value in enumerate(values):
        (found,) = decode_messages(batch_of([value]), MessageOptions())
        account = found.flows.account
        assert account.n_rows > 0, place
        assert account.n_rows == found.flows.n_flows + sum(account.skipped.values()) + account.n_rejected


def test_decode_messages__orders_what_is_wrong_by_line():
    """Whatever was wrong with the messages in front: lines that one message carries have no number of their own."""
    messages = batch_of([compress(b"{not"), compress(b"\xff\xff\n{not\n")], [b""])
    for block_bytes in (1, 1 << 20):
        found = said(read(messages, format="hubble-json", block_bytes=block_bytes))["rejected messages"]
        assert [(first, reason) for first, _, reason, *_ in found] == [
            (100, "not JSON"),
            (101, "not UTF-8"),
            (101, "not JSON"),
        ]
