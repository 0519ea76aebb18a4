"""VPC flow logs as Parquet for tests: one set of records in every shape that writers give it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

START, END = 1616729292, 1616729349
RECORDS = {
    "version": [5, 5, 5, 5, 5],
    "srcaddr": ["10.0.0.1", "10.0.0.2", "-", "10.0.0.1", "2001:db8::1"],
    "dstaddr": ["10.0.0.2", "10.0.0.1", "-", "10.0.0.9", "2001:db8::2"],
    "pkt_srcaddr": ["10.1.0.1", "10.1.0.2", "-", "-", "2001:db8::1"],
    "pkt_dstaddr": ["10.1.0.2", "10.1.0.1", "-", "10.1.0.9", "2001:db8::2"],
    "srcport": [40000, 443, None, 0, 5353],
    "dstport": [443, 40000, None, 0, 53],
    "protocol": [6, 6, None, 1, 17],
    "tcp_flags": [3, 18, None, 0, 0],
    "packets": [14, 7, None, 1, 2],
    "bytes": [15044, 471, None, 84, 300],
    "start": [START] * 5,
    "end": [END] * 5,
    "action": ["ACCEPT", "ACCEPT", "-", "REJECT", "ACCEPT"],
    "log_status": ["OK", "OK", "NODATA", "OK", "OK"],
    "region": ["eu-west-1"] * 5,
}
SMALL = ("version", "srcport", "dstport", "protocol", "tcp_flags")
LARGE = ("packets", "bytes", "start", "end")
NUMBERS = (*SMALL, *LARGE)

FLOWS = [
    (1, "10.1.0.1", "10.1.0.2", 6, 40000, 443, "source", "forwarded", START, END, 15044, 14),
    (2, "10.1.0.2", "10.1.0.1", 6, 443, 40000, "destination", "forwarded", START, END, 471, 7),
    # The packet's source is not known: the interface's stands in.
    (4, "10.0.0.1", "10.1.0.9", 1, 0, 0, None, "refused", START, END, 84, 1),
    (5, "2001:db8::1", "2001:db8::2", 17, 5353, 53, None, "forwarded", START, END, 300, 2),
]


def table(records=None, **columns):
    """Return the records as AWS types them; ``columns`` replace some, None leaves one out."""
    chosen = {**(RECORDS if records is None else records), **columns}
    kinds = {
        name: pa.int32() if name in SMALL else pa.int64() if name in LARGE else pa.string() for name in chosen
    }
    arrays = {
        name: values if isinstance(values, (pa.Array, pa.ChunkedArray)) else pa.array(values, kinds[name])
        for name, values in chosen.items()
        if values is not None
    }
    return pa.table(arrays)


def write(folder, content=None, name="flows.log.parquet", **options):
    """Write a table; return its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table() if content is None else content, path, **{"compression": "gzip", **options})
    return path
