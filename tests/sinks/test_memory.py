"""Rows in memory."""

from __future__ import annotations

import pyarrow as pa

from auditor.sinks.columns import TEXT
from auditor.sinks.memory import MemorySink

SCHEMA = pa.schema([("name", TEXT)], metadata={"made": "here"})


def _batch(names):
    return pa.RecordBatch.from_arrays([pa.array(names, pa.string()).dictionary_encode()], schema=SCHEMA)


def test_memory_sink__gives_back_batches_in_order():
    """Batches come back as they were added; empty ones are left out."""
    sink = MemorySink(SCHEMA)
    for names in (["b", "a"], [], ["c"]):
        sink.add(_batch(names))
    assert [batch["name"].to_pylist() for batch in sink] == [["b", "a"], ["c"]]
    assert sink.n_rows == 3


def test_to_arrow__unifies_dictionaries():
    """The table has one dictionary a column, and the schema with its metadata."""
    sink = MemorySink(SCHEMA)
    sink.add(_batch(["b", "a"]))
    sink.add(_batch(["c", "b"]))
    table = sink.to_arrow()
    assert table.schema.equals(SCHEMA, check_metadata=True)
    assert table["name"].to_pylist() == ["b", "a", "c", "b"]
    assert [chunk.dictionary.to_pylist() for chunk in table["name"].chunks] == [["b", "a", "c"]] * 2


def test_to_arrow__of_nothing_is_an_empty_table():
    """A sink that got nothing has a table without rows."""
    table = MemorySink(SCHEMA).to_arrow()
    assert table.num_rows == 0
    assert table.schema.equals(SCHEMA, check_metadata=True)
