"""Columns depend on their values alone."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.sinks.columns import TEXT, joined, nullable, text_column

CODES = st.lists(st.integers(-1, 9), max_size=40)


@given(codes=CODES)
def test_text_column__holds_the_text_of_each_code(codes):
    """Repeats and nulls among the texts do not reach the dictionary."""
    texts = ["a", "b", None, "a", "", "c", None, "d", "e", "b"]
    column = text_column(np.array(codes, dtype=np.int64), pa.array(texts))
    column.validate(full=True)
    expected = [None if code < 0 else texts[code] for code in codes]
    assert column.type == TEXT
    assert column.to_pylist() == expected
    assert column.dictionary.to_pylist() == list(dict.fromkeys(text for text in expected if text is not None))


def test_text_column__is_zero_under_nulls():
    """The places under nulls are 0, whatever was there."""
    column = text_column(np.array([1, -1, 0], dtype=np.int32), pa.array(["a", "b"]))
    assert np.frombuffer(column.buffers()[1], dtype=np.int32).tolist() == [0, 0, 1]


@pytest.mark.parametrize("n_known", [0, 3, 8])
def test_nullable__is_null_and_zero_where_not_known(n_known):
    """Values that are not known are cleared, not hidden."""
    known = np.arange(8) < n_known
    column = nullable(np.full(8, 7, dtype=np.uint16), known, pa.uint16())
    column.validate(full=True)
    assert column.to_pylist() == [7] * n_known + [None] * (8 - n_known)
    assert np.frombuffer(column.buffers()[1], dtype=np.uint16).tolist() == [7] * n_known + [0] * (8 - n_known)


SCHEMA = pa.schema([("name", TEXT), ("count", pa.int64())], metadata={"made": "here"})


def _batch(names, counts):
    columns = [pa.array(names, pa.string()).dictionary_encode(), pa.array(counts, pa.int64())]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


@given(
    rows=st.lists(
        st.tuples(st.sampled_from(["a", "b", "c", None]), st.sampled_from([1, 2, None])), max_size=20
    ),
    cut=st.integers(0, 20),
)
def test_joined__does_not_depend_on_the_cut(rows, cut):
    """Rows in one batch, in two, and in slices of a longer one give equal buffers."""
    names, counts = [name for name, _ in rows], [count for _, count in rows]
    longer = _batch([*names, "z"], [*counts, 5])
    ways = (
        [_batch(names, counts)],
        [_batch(names[:cut], counts[:cut]), _batch(names[cut:], counts[cut:])],
        [longer.slice(0, min(cut, len(rows))), longer.slice(cut, max(0, len(rows) - cut))],
    )
    buffers = set()
    for way in ways:
        table = joined(way, SCHEMA)
        table.validate(full=True)
        assert table.schema.equals(SCHEMA, check_metadata=True)
        assert table.to_pydict() == {"name": names, "count": counts}
        name, count = (table[column].chunk(0) for column in table.column_names)
        whole = [*name.buffers(), *name.dictionary.buffers(), *count.buffers()]
        buffers.add(tuple(b"" if buffer is None else buffer.to_pybytes() for buffer in whole))
    assert len(buffers) == 1


def test_joined__of_nothing_is_an_empty_table():
    """No batch gives no row, of the schema."""
    table = joined([], SCHEMA)
    assert table.num_rows == 0
    assert table.schema.equals(SCHEMA, check_metadata=True)


def test_joined__zeroes_what_lies_under_nulls():
    """What a decoder left under a null is not published."""
    dirty = pa.Array.from_buffers(
        pa.int64(), 2, [pa.py_buffer(b"\x01"), pa.py_buffer(np.array([5, 0xDEAD], dtype=np.int64))]
    )
    batch = pa.RecordBatch.from_arrays([pa.array(["a", "b"]).dictionary_encode(), dirty], schema=SCHEMA)
    count = joined([batch], SCHEMA)["count"].chunk(0)
    assert count.to_pylist() == [5, None]
    assert np.frombuffer(count.buffers()[1], dtype=np.int64)[:2].tolist() == [5, 0]


@pytest.mark.parametrize("codes", [[0, 1, 0], [0, -1, 1], [-1] * 9, [0] * 8 + [-1]])
def test_joined__leaves_alone_what_is_settled(codes):
    """The one batch of a file is not copied once more, be there nulls or none."""
    names = text_column(np.array(codes, dtype=np.int32), pa.array(["a", "b"]))
    batch = pa.RecordBatch.from_arrays([names, pa.array(range(len(codes)))], schema=SCHEMA)
    column = joined([batch], SCHEMA)["name"].chunk(0)
    assert [buffer and buffer.address for buffer in column.buffers()] == [
        buffer and buffer.address for buffer in names.buffers()
    ]
