"""What a stream of Arrow says of its size, by the kernel and by plain Python."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import arrow_sizes as kernels
from tests.flows import arrow_sizes as plain
from tests.flows.tables import ipc_bytes, table

MOST = 1 << 40


def with_dictionary():
    """Return columns of which one is a dictionary."""
    columns = table(src_ip=[f"10.0.0.{number % 3}" for number in range(4)])
    place = columns.schema.get_field_index("src_ip")
    return columns.set_column(place, "src_ip", columns.column("src_ip").dictionary_encode())


STREAMS = [
    ipc_bytes(columns, as_stream=True, compression=compression)
    for columns in (table(), with_dictionary())
    for compression in (None, "lz4", "zstd")
]


def agree(content):
    """Assert that both say the same; of what is wrong in two ways, whichever was seen first is said."""
    total, code = kernels.inflated_bytes(np.frombuffer(content, np.uint8))
    try:
        expected = plain.inflated_bytes(content)
    except ValueError:
        assert code != kernels.GOOD
    else:
        assert code == kernels.GOOD
        assert total == expected or min(total, expected) >= MOST


@pytest.mark.parametrize("content", STREAMS)
def test_inflated_bytes__counts_as_plain_python(content):
    """Whole streams, several of them, and all that is left when one is cut off anywhere."""
    for end in range(len(content) + 1):
        agree(content[:end])
    agree(content[:-8] * 2 + content)
    agree(b"")


@pytest.mark.parametrize("content", STREAMS)
@pytest.mark.parametrize("size", [-(2**63), -1, 0, 1 << 39, 1 << 62, 2**63 - 1])
def test_inflated_bytes__believes_no_number(content, size):
    """Whichever eight bytes of it are changed."""
    words = np.frombuffer(content[: len(content) // 8 * 8], np.int64)
    for place in range(len(words)):
        changed = words.copy()
        changed[place] = size
        agree(changed.tobytes())


@given(st.sampled_from(STREAMS), st.data())
def test_inflated_bytes__agrees_on_any_change(content, data):
    """A few bytes of anything, anywhere."""
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    agree(bytes(changed[: data.draw(st.integers(0, len(content)))]))


@given(st.binary(max_size=200))
def test_inflated_bytes__agrees_on_anything(content):
    """It is no stream, as good as ever."""
    agree(content)


def sharing(n_messages, n_buffers):
    """Return messages of eight bytes that all are one record batch, whose buffers say the most that there is."""
    batch_at = 8 * n_messages + 8
    message_at, buffers_at = batch_at + 12, batch_at + 56
    said_at = buffers_at + 4 + 16 * n_buffers
    heads = b"".join(struct.pack("<iI", 4, message_at - (8 * n + 4)) for n in range(n_messages))
    message = struct.pack("<6HiIII", 12, 16, 0, 12, 4, 0, 12, 24, 0, 3)
    batch = struct.pack("<6HiIII", 12, 16, 0, 0, 8, 12, 12, 0, 8, 0)
    buffers = struct.pack("<I", n_buffers) + struct.pack("<qq", said_at - 8, 8) * n_buffers
    return heads + bytes(8) + message + batch + buffers + b"\x7f" * (8 * n_messages + 64)


def test_inflated_bytes__counts_no_buffer_for_many_messages():
    """Each has a place of its own in an honest stream: neither the sum nor the time grows with the square of it."""
    assert kernels.inflated_bytes(np.frombuffer(sharing(1, 1), np.uint8)) == (MOST, kernels.GOOD)
    total, code = kernels.inflated_bytes(np.frombuffer(sharing(1 << 14, 1 << 9), np.uint8))
    assert (total, code) == (MOST, kernels.TOO_SHORT)
