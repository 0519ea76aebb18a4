"""Small flow tables in every carrier of the generic decoder."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet as pq

from auditor.flows.generic import GenericLog
from auditor.flows.options import FlowOptions
from tests.flows.decoded import decode, input_file

COLUMNS = {
    "src_ip": ["10.0.0.1", "fe80::1", "10.0.0.3", "10.0.0.1"],
    "dst_ip": ["10.0.0.2", "fe80::2", "10.0.0.4", "10.0.0.2"],
    "protocol": ["TCP", "ICMPv6", "udp", "132"],
    "dst_port": [80, None, 53, 38412],
}
"""Four flows, with the required columns only."""


def table(**columns):
    """Return the table with further or other columns; None leaves one out."""
    chosen = {**COLUMNS, **columns}
    return pa.table({name: values for name, values in chosen.items() if values is not None})


def parquet_bytes(columns, **options):
    """Return a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(columns, sink, **options)
    return sink.getvalue()


def ipc_bytes(columns, *, as_stream=False, rows=None, **options):
    """Return an Arrow IPC file or stream."""
    sink = io.BytesIO()
    create = pa.ipc.new_stream if as_stream else pa.ipc.new_file
    with create(sink, columns.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(columns, max_chunksize=rows)
    return sink.getvalue()


def feather_bytes(columns):
    """Return a Feather file."""
    sink = io.BytesIO()
    pyarrow.feather.write_feather(columns, sink)
    return sink.getvalue()


def generic(folder, content, kind, **options):
    """Decode a generic log."""
    return decode(GenericLog(input_file(folder / "log", content), FlowOptions(**options), kind))


def by_columns(folder, **columns):
    """Decode the table with other columns, as Parquet."""
    return generic(folder, parquet_bytes(table(**columns)), "parquet")
