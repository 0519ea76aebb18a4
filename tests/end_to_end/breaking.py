"""Cases of broken input, and what it takes to break files in chosen places."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from tests.small_cluster import AUDIT, FLOWS, HEADER, VIOLATION, flow

COLUMNS = {
    "src_ip": ["10.0.0.1", "198.51.100.9", "198.51.100.9", "10.0.0.1"],
    "dst_ip": ["10.0.0.2"] * 4,
    "protocol": ["TCP"] * 4,
    "dst_port": [5432] * 4,
    "observed": ["FORWARDED"] * 4,
}
TABLE = pa.table(COLUMNS)
N_HUGE = 1_200_000
"""More rows than one part holds."""
MIB = 1 << 20
DEEP = 20_000


class Broken(NamedTuple):
    """Files beside those of the small cluster, how the command line is called, and what must come of it."""

    name: str
    files: dict[str, object]
    messages: tuple[str, ...]
    code: int = 2
    arguments: tuple[str, ...] = AUDIT
    rows: tuple[int, int, int] | None = None
    """Read, classified and rejected, where there is a report."""
    stdin: bytes = b""
    spawned: bool = False
    """Whether it runs in an interpreter of its own, for it could end one."""

    def write(self, folder):
        """Write the files; what is costly to make is made here."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            made = content() if callable(content) else content
            path.write_bytes(made.encode() if isinstance(made, str) else made)


def ipc(table=TABLE, *, as_stream=False, rows=None):
    """Return an Arrow IPC file or stream, perhaps of several record batches."""
    sink = io.BytesIO()
    with (pa.ipc.new_stream if as_stream else pa.ipc.new_file)(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=rows)
    return sink.getvalue()


def corrupted_offset():
    """Return an Arrow IPC file in which the second address ends far outside its text."""
    offsets = [0, 8, 20, 32, 40]
    packed = b"".join(offset.to_bytes(4, "little") for offset in offsets)
    broken = b"".join(offset.to_bytes(4, "little") for offset in (0, 8, 1 << 30, 32, 40))
    content = ipc()
    assert content.count(packed) == 1
    return content.replace(packed, broken)


def parquet(table=TABLE, **options):
    """Return a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def corrupt_row_group():
    """Return a Parquet file of two row groups, the pages of the first of them overwritten."""
    content = bytearray(parquet(row_group_size=2, compression="none", use_dictionary=False))
    found = pq.read_metadata(io.BytesIO(content)).row_group(0)
    first = found.column(0).data_page_offset
    content[first : first + found.total_byte_size // 2] = b"\xff" * (found.total_byte_size // 2)
    return bytes(content)


def dictionary_expansion():
    """Return a small Parquet file: a text of 60 000 bytes more than a million times, 72 GB written out."""
    columns = {name: pa.repeat(values[0], N_HUGE) for name, values in COLUMNS.items()}
    long = pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), N_HUGE), ["x" * 60_000])
    return parquet(pa.table({**columns, "src_ip": long}), row_group_size=N_HUGE)


def hubble(**changes):
    """Return a line of a Hubble log."""
    body = {
        "verdict": "FORWARDED",
        "IP": {"source": "198.51.100.9", "destination": "10.0.0.2", "ipVersion": "IPv4"},
        "l4": {"TCP": {"source_port": 40000, "destination_port": 5432, "flags": {"SYN": True}}},
        "Type": "L3_L4",
        "is_reply": False,
        "traffic_direction": "INGRESS",
        "time": "2023-11-14T22:13:20Z",
    }
    return json.dumps({"flow": {**body, **changes}, "time": "2023-11-14T22:13:20Z"}) + "\n"


def bomb(before=b"", filling=b"\0", after=b""):
    """Return gzip of 100 MiB of one byte, perhaps with something around it."""
    squeeze = zlib.compressobj(wbits=31)
    pieces = [before, *[filling * MIB] * 100, after]
    return b"".join([*map(squeeze.compress, pieces), squeeze.flush()])


def corrupt_member():
    """Return two gzip members, a byte of the second changed."""
    second = bytearray(gzip.compress(VIOLATION.encode() * 50, mtime=0))
    second[len(second) // 2] ^= 0xFF
    return gzip.compress(FLOWS.encode(), mtime=0) + bytes(second)


def cut_gzip():
    """Return gzip that ends in the middle of its flows."""
    lines = HEADER + "".join(flow(f"198.51.100.{n % 250}", "10.0.0.2", n) for n in range(1, 5000))
    content = gzip.compress(lines.encode(), mtime=0)
    return content[: len(content) // 2]
