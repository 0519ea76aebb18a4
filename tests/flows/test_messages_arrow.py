"""Messages of Arrow IPC: rows are judged together, messages are rejected alone."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows import messages_arrow
from auditor.flows.generic_names import NO_OBSERVED
from auditor.flows.messages_arrow_sizes import inflated_bytes
from tests.flows.message_batches import account_of, batch_of, read, rejects, said
from tests.flows.tables import COLUMNS, ipc_bytes, table
from tests.flows.test_messages import HUBBLE, VPC

BROKEN = "Arrow IPC that is broken"
UNFIT = "Arrow IPC with columns that do not fit"
TOO_LARGE = "Arrow IPC of more rows or bytes than are read"


def stream(**columns):
    """Return the table with other columns as a stream."""
    return ipc_bytes(table(**columns), as_stream=True)


PLAIN = stream()


def corrupt():
    """Return a stream of which an offset of text points far away."""
    content = bytearray(stream(src_ip=["10.0.0.77"] * 4))
    offsets = np.array([0, 9, 18, 27, 36], np.int32).tobytes()
    place = bytes(content).index(offsets)
    content[place + 8 : place + 12] = np.array([1 << 30], np.int32).tobytes()
    return bytes(content)


@pytest.mark.parametrize(
    ("value", "reason", "detail"),
    [
        (corrupt(), BROKEN, ""),
        (PLAIN[:50], BROKEN, ""),
        (PLAIN[:-200], BROKEN, ""),
        (b"\xff\xff\xff\xff", BROKEN, ""),
        (ipc_bytes(table())[:-600], BROKEN, ""),
        (
            stream(dst_port=None),
            UNFIT,
            "expected columns `dst_port`; found `src_ip, dst_ip, protocol`",
        ),
        (
            stream(dst_port=[[1], [2], [3], [4]]),
            UNFIT,
            "column `dst_port` has type `list<item: int64>`, expected numbers or text",
        ),
    ],
)
def test_arrow_messages__a_broken_one_is_rejected_alone(value, reason, detail):
    """Alone, between others, and a batch of them."""
    for values in ([value], [PLAIN, value, PLAIN], [value] * 7):
        found = read(batch_of(values), format="generic-arrow")
        broken = [100 + place for place, each in enumerate(values) if each is value]
        assert rejects(found) == [(offset, reason) for offset in broken]
        assert {one.detail for each in found for one in each.rejected} == {detail}
        assert said(found)["rows"] == [offset for offset in (100, 102) for _ in range(4) if len(values) == 3]


def test_arrow_messages__a_broken_batch_costs_its_message():
    """Whatever stood in the batches before it."""
    whole = ipc_bytes(table(src_ip=["10.0.0.77"] * 4), as_stream=True, rows=2)
    content = bytearray(whole)
    offsets = np.array([0, 9, 18], np.int32).tobytes()
    place = bytes(content).rindex(offsets)
    content[place + 4 : place + 8] = np.array([1 << 30], np.int32).tobytes()
    found = read(batch_of([whole, bytes(content), whole]))
    assert rejects(found) == [(101, BROKEN)]
    assert said(found)["rows"] == [100] * 4 + [102] * 4


def test_arrow_messages__text_that_is_no_utf8_costs_its_row():
    """The rows beside it are read."""
    columns = table()
    place = columns.schema.get_field_index("src_ip")
    addresses = pa.array([b"10.0.0.1", b"\xff\xfe", b"10.0.0.3", b"10.0.0.4"]).view(pa.string())
    odd = ipc_bytes(columns.set_column(place, "src_ip", addresses), as_stream=True)
    found = read(batch_of([PLAIN, odd, PLAIN]))
    assert said(found)["rows"] == [100] * 4 + [101] * 3 + [102] * 4
    assert rejects(found) == [(101, "source address is no IP address")]


def test_arrow_messages__rejected_rows_are_counted_by_message():
    """Each message and reason once, with the number of rows."""
    values = [
        stream(src_ip=["x"] * 4, dst_port=[80, 99_999, 80, 80]),
        PLAIN,
        stream(src_ip=["x", "y", "10.0.0.1", "10.0.0.2"]),
    ]
    found = read(batch_of(values))
    assert [(one.offset, one.reason, one.n_rows) for each in found for one in each.rejected] == [
        (100, "source address is no IP address", 4),
        (102, "source address is no IP address", 2),
    ]
    assert account_of(found).rejected["source address is no IP address"].rows == [100] * 4 + [102]


def test_arrow_messages__schemas_may_take_turns():
    """Columns, types and formats of each message are its own."""
    dictionary = table()
    for name in ("src_ip", "protocol"):
        place = dictionary.schema.get_field_index(name)
        dictionary = dictionary.set_column(place, name, dictionary.column(name).dictionary_encode())
    values = [
        PLAIN,
        stream(observed=["dropped"] * 4),
        ipc_bytes(dictionary, as_stream=True),
        HUBBLE,
        ipc_bytes(table(weight=[1, 2, 3, 4])),
        stream(unknown=[1, 2, 3, 4]),
        VPC,
        PLAIN,
    ]
    found = read(batch_of(values))
    rows = [100] * 4 + [101] * 4 + [102] * 4 + [103] + [104] * 4 + [105] * 4 + [106] + [107] * 4
    assert said(found)["rows"] == rows
    assert said(found)["weight"] == [1] * 13 + [1, 2, 3, 4] + [1] * 9
    warnings = {warning for each in found for warning in each.warnings}
    assert NO_OBSERVED in warnings
    assert "column `unknown` is not read" in warnings


def test_arrow_messages__dictionaries_that_do_not_become_one_are_read():
    """Arrow puts no dictionaries of nulls together."""
    columns = table(bytes=pa.nulls(4).dictionary_encode())
    found = read(batch_of([ipc_bytes(columns, as_stream=True)] * 2))
    assert said(found)["rows"] == [100] * 4 + [101] * 4
    assert rejects(found) == []


def test_arrow_messages__without_rows_are_empty():
    """A schema and nothing else."""
    nothing = ipc_bytes(pa.table(COLUMNS).slice(0, 0), as_stream=True)
    found = read(batch_of([nothing, PLAIN, nothing]))
    assert account_of(found).skipped == {"empty": 2}
    assert said(found)["rows"] == [101] * 4


def test_arrow_messages__of_too_many_rows_are_rejected(monkeypatch):
    """Also where no batch has too many; what is held is judged in time."""
    whole = said(read(batch_of([PLAIN] * 5)))
    monkeypatch.setattr(messages_arrow, "MAX_ROWS", 5)
    assert said(read(batch_of([PLAIN] * 5))) == whole
    many = table(**{name: values * 2 for name, values in COLUMNS.items()})
    values = [PLAIN, ipc_bytes(many, as_stream=True), ipc_bytes(many, as_stream=True, rows=3), PLAIN]
    found = read(batch_of(values))
    assert rejects(found) == [(101, TOO_LARGE), (102, TOO_LARGE)]
    assert said(found)["rows"] == [100] * 4 + [103] * 4


@pytest.mark.parametrize("compression", [None, "zstd", "lz4"])
@pytest.mark.parametrize("as_stream", [True, False])
@pytest.mark.parametrize("is_dictionary", [True, False])
def test_arrow_messages__of_too_many_bytes_are_rejected(compression, as_stream, is_dictionary):
    """As they say themselves, before anything is inflated."""
    columns = table(src_ip=[f"10.0.0.{number}" + " " * 2_000 for number in range(4)])
    if is_dictionary:
        place = columns.schema.get_field_index("src_ip")
        columns = columns.set_column(place, "src_ip", columns.column("src_ip").dictionary_encode())
    long = ipc_bytes(columns, as_stream=as_stream, compression=compression)
    found = read(batch_of([PLAIN, long, PLAIN]), max_group_bytes=4_000)
    assert rejects(found) == [(101, TOO_LARGE)]
    assert said(found)["rows"] == [100] * 4 + [102] * 4
    assert 8_000 < inflated_bytes(long[0 if as_stream else 8 :]) < 12_000


def test_arrow_messages__what_is_held_is_judged_in_time():
    """Before it takes more memory than one message may."""
    whole = said(read(batch_of([PLAIN] * 9)))
    size = inflated_bytes(PLAIN)
    assert said(read(batch_of([PLAIN] * 9), max_group_bytes=2 * size)) == whole
    assert len(rejects(read(batch_of([PLAIN] * 9), max_group_bytes=size - 1))) == 9


@given(st.data())
def test_inflated_bytes__takes_any_bytes(data):
    """It is a number, or no stream, whatever was changed."""
    content = bytearray(ipc_bytes(table(), as_stream=True, compression="lz4"))
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(
            st.sampled_from((0, 1, 127, 128, 255))
        )
    cut = bytes(content[: data.draw(st.integers(0, len(content)))])
    with suppress(ValueError):
        assert inflated_bytes(cut) >= 0


CONTINUED = b"\xff\xff\xff\xff"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (CONTINUED + b"\xfe\xff\xff\xff", "a message of negative size"),
        (CONTINUED + b"\x10\0\0\0\x04\0", "a message that ends too early"),
        (CONTINUED + b"\x10\0\0\0" + b"\xff" * 16, "a message that ends too early"),
    ],
)
def test_inflated_bytes__says_what_is_wrong(content, reason):
    """Sizes that lead nowhere."""
    with pytest.raises(ValueError, match=f"^{reason}$"):
        inflated_bytes(content)


@pytest.mark.parametrize("size", [-1, 1 << 62, 2**63 - 1])
def test_inflated_bytes__believes_no_place(size):
    """A buffer that lies far away, or in front of its message, and a body of negative size."""
    content = ipc_bytes(table(), as_stream=True, compression="lz4")
    words = np.frombuffer(content[: len(content) // 8 * 8], np.int64)
    for place in range(len(words)):
        changed = words.copy()
        changed[place] = size
        with suppress(ValueError):
            assert inflated_bytes(changed.tobytes()) >= 0
