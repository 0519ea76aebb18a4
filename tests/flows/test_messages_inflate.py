"""Gzip and base64 of a message, within bounds."""

from __future__ import annotations

import gzip
from base64 import b64encode
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows.messages import MessageOptions
from auditor.flows.messages_inflate import UnopenedError, decoded, inflated
from tests.flows.message_batches import batch_of, read, rejects, said
from tests.flows.test_messages import HUBBLE

compress = partial(gzip.compress, mtime=0)  # the same at any time: it stands in names of tests

MIB = 1 << 20


def reason_of(content, **options):
    """Return why a content is not inflated."""
    with pytest.raises(UnopenedError) as caught:
        inflated(content, MessageOptions(**options))
    return caught.value.reason


@given(st.lists(st.binary(max_size=300), max_size=3), st.booleans())
def test_inflated__is_what_was_compressed(contents, is_padded):
    """Several members follow one another, and zeros behind them do not matter."""
    zipped = b"".join(map(gzip.compress, contents)) + bytes(7) * is_padded * bool(contents)
    assert inflated(zipped, MessageOptions()) == b"".join(contents)


@given(st.binary(min_size=1, max_size=200), st.data())
def test_inflated__says_that_gzip_is_cut_off(content, data):
    """Wherever it is cut, save in front of its mark."""
    zipped = compress(content)
    cut = data.draw(st.integers(1, len(zipped) - 1))
    assert reason_of(zipped[:cut]) == "gzip is cut off"


@pytest.mark.parametrize("content", [b"\x1f\x8b\x07" + bytes(20), compress(b"x" * 100) + b"rest of it"])
def test_inflated__says_that_gzip_is_broken(content):
    """No header, or something else behind a member."""
    assert reason_of(content) == "gzip is broken"


def test_inflated__checks_the_sum():
    """A byte that was changed is noticed."""
    zipped = bytearray(compress(b"flows of a day"))
    zipped[-5] ^= 1
    assert reason_of(bytes(zipped)) == "gzip is broken"


def test_inflated__stops_at_the_limit():
    """The last byte allowed, and the first one too many; also across members."""
    options = {"max_inflated_bytes": 1000}
    assert len(inflated(compress(bytes(1000)), MessageOptions(**options))) == 1000
    reason = "gzip inflates to more than 1000 bytes"
    assert reason_of(compress(bytes(1001)), **options) == reason
    assert reason_of(compress(bytes(600)) * 2, **options) == reason


def test_inflated__stops_at_the_ratio():
    """A MiB is fine from any size; more only from what is large enough."""
    assert len(inflated(compress(bytes(MIB)), MessageOptions())) == MIB
    assert reason_of(compress(bytes(2 * MIB))) == "gzip inflates to more than 200 times its size"


def test_decode_messages__survives_a_bomb():
    """It is rejected by its offset, and its neighbours are read."""
    bomb = compress(bytes(20 * MIB))
    found = read(batch_of([HUBBLE, bomb, HUBBLE]))
    assert said(found)["rows"] == [100, 102]
    assert rejects(found) == [(101, "gzip inflates to more than 200 times its size")]


@given(st.binary(max_size=100), st.sampled_from((b"", b'"')))
def test_decoded__is_what_was_encoded(content, quote):
    """In quotes or not, with line feeds or without."""
    text = b64encode(content)
    assert decoded(b" " + quote + text[:10] + b"\n" + text[10:] + quote) == content


@pytest.mark.parametrize("text", [b"H4sI!", b"H4s", b"H4sI\xff\xff\xff"])
def test_decoded__says_that_base64_is_broken(text):
    """Foreign letters, or too few."""
    with pytest.raises(UnopenedError) as caught:
        decoded(text)
    assert caught.value.reason == "base64 is broken"
