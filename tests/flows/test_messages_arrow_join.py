"""Columns of several messages as one, against Arrow's own way to put them together."""

from __future__ import annotations

from contextlib import suppress

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows import messages_arrow
from auditor.flows.generic_arrays import checked, flat
from auditor.flows.messages_arrow_join import one_array
from tests.flows.message_batches import batch_of, read, rejects, said
from tests.flows.tables import ipc_bytes, table

TEXTS = st.lists(st.sampled_from(("10.0.0.1", "10.0.0.2", "", "\u00fc", None)), min_size=1, max_size=4)
INDEX_TYPES = (pa.int8(), pa.uint8(), pa.int32(), pa.uint32(), pa.int64())


@st.composite
def dictionary_columns(draw):
    """Return a column of dictionaries, some of them the same, with nulls among rows and values."""
    kind = draw(st.sampled_from((pa.string(), pa.large_string(), pa.binary(), pa.string_view(), pa.int32())))
    index = draw(st.sampled_from(INDEX_TYPES))
    known = draw(st.lists(TEXTS, min_size=1, max_size=3))
    chunks = []
    for _ in range(draw(st.integers(1, 5))):
        texts = draw(st.sampled_from(known))
        values = pa.array(range(len(texts)), kind) if kind == pa.int32() else pa.array(texts, kind)
        codes = draw(st.lists(st.none() | st.integers(0, len(texts) - 1), max_size=5))
        chunk = pa.DictionaryArray.from_arrays(pa.array(codes, index), values)
        chunks.append(chunk[draw(st.integers(0, 2)) :])
    return pa.chunked_array(chunks, pa.dictionary(index, kind))


def rows_of(array):
    """Return the values of its rows."""
    array.validate(full=True)
    return array.to_pylist()


@given(dictionary_columns())
def test_one_array__holds_the_rows_of_all_chunks(column):
    """Whatever the types, wherever nulls are, and whether dictionaries are the same."""
    expected = [value.encode() if isinstance(value, str) else value for value in column.to_pylist()]
    if column.type.value_type in (pa.string(), pa.large_string(), pa.binary()):
        assert rows_of(one_array(column)) == expected
        with suppress(pa.ArrowInvalid):  # Arrow does not put dictionaries with nulls together
            assert rows_of(checked(flat(column))) == expected
        return
    with suppress(pa.ArrowInvalid):
        assert rows_of(one_array(column)) == expected


def test_one_array__takes_a_dictionary_that_is_sent_again_once():
    """Values are put behind one another only where they differ from those before."""
    first, other = pa.array(["a", "b"]), pa.array(["c"])
    chunks = [
        pa.DictionaryArray.from_arrays(pa.array([0], pa.int32()), each) for each in (first, first, other)
    ]
    found = one_array(pa.chunked_array(chunks))
    assert found.dictionary.to_pylist() == [b"a", b"b", b"c"]
    assert found.indices.to_pylist() == [0, 0, 2]


def stream(metadata=None, **columns):
    """Return a stream of a table that has other columns, or metadata."""
    return ipc_bytes(table(**columns).replace_schema_metadata(metadata), as_stream=True)


PLAIN, NOTED, WIDE = stream(), stream({"note": "1"}), stream(weight=[1, 2, 3, 4])
DICTIONARY = table().set_column(0, "src_ip", table().column(0).dictionary_encode())
CODED = ipc_bytes(DICTIONARY, as_stream=True)
ORDERS = [
    [PLAIN, NOTED, PLAIN, WIDE, WIDE, PLAIN],
    [CODED, CODED, PLAIN, CODED, WIDE],
    [PLAIN, PLAIN[:-200], PLAIN, CODED[:-60], CODED],
    [PLAIN[:100], PLAIN, ipc_bytes(table()), ipc_bytes(DICTIONARY), PLAIN],
]


@pytest.mark.parametrize("values", ORDERS)
@pytest.mark.parametrize("most_rows", [1 << 20, 5])
def test_arrow_messages__depend_on_nothing_but_themselves(values, most_rows, monkeypatch):
    """Of whatever schema the messages before were, and however many are judged together."""
    apart = [read(batch_of([value], offsets=[100 + number])) for number, value in enumerate(values)]
    monkeypatch.setattr(messages_arrow, "MAX_ROWS", most_rows)
    together = read(batch_of(values))
    assert rejects(together) == [each for one in apart for each in rejects(one)]
    columns, expected = said(together), [said(one) for one in apart]
    for name in ("rows", "src_port", "dst_port", "protocol"):
        assert columns[name] == [value for one in expected for value in one[name]]
