"""Every kernel that messages need, compiled or loaded on made-up ones, before anybody waits for it.

``python -m auditor.service.warming POLICIES INVENTORY`` does so while an image is built.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from auditor.service.judging import judge
from auditor.service.names import ChainName
from auditor.service.opened import Opened
from auditor.service.options import StreamOptions
from auditor.service.sources import Sources
from auditor.service.writing import letters_of, rows_of
from auditor.sources.kafka_batches import BatchReader

if TYPE_CHECKING:
    from auditor.tables.tableset import TableSet

_HUBBLE = (
    b'{"flow":{"time":"2026-01-01T00:00:00Z","verdict":"FORWARDED","IP":{"source":"192.0.2.1","destination":"192.0.2.2"},'
    b'"l4":{"TCP":{"source_port":40000,"destination_port":443,"flags":{"SYN":true}}},"Type":"L3_L4"}}'
)
_VPC = b"2 1 eni-1 192.0.2.1 192.0.2.2 40000 443 6 1 40 1700000000 1700000060 ACCEPT OK"
_OBJECT = b'{"src_ip":"192.0.2.1","dst_ip":"192.0.2.2","protocol":"TCP","dst_port":443}'


def _arrow() -> bytes:
    """Return a flow as a stream of Arrow IPC."""
    flow = {"src_ip": ["192.0.2.1"], "dst_ip": ["192.0.2.2"], "protocol": ["TCP"], "dst_port": [443]}
    table = pa.table(flow)
    target = pa.BufferOutputStream()
    with pa.ipc.new_stream(target, table.schema) as writer:
        writer.write_table(table)
    content: bytes = target.getvalue().to_pybytes()
    return content


_LINES = b"\n".join((_HUBBLE, _HUBBLE))
_VALUES = (
    _HUBBLE,
    _LINES,
    _VPC,
    _OBJECT,
    _arrow(),
    b"\n".join((_VPC, b"a line that nobody understands", _VPC)),
)
"""Whole messages, and lines that only the exact parser takes: what is left over would be compiled while others wait."""

_CHAIN = ChainName("warm-up", "warm-up", 0)


def warm_up(tables: TableSet, options: StreamOptions) -> None:
    """Judge flows of every format, good and bad, from the bytes of record batches to the rows of segments.

    Parameters
    ----------
    tables : TableSet
        What they are judged by.
    options : StreamOptions
        How.
    """
    options = replace(options, rows="all")
    # The client is imported here: whoever only looks at policies need not have it.
    from kafka.record.memory_records import MemoryRecordsBuilder  # noqa: PLC0415

    for values in (*((value,) for value in _VALUES), _VALUES):
        builder = MemoryRecordsBuilder(magic=2, compression_type=0, batch_size=1 << 16)
        for value in values:
            headers = [("auditor.format", b"hubble-json")] if value in {_HUBBLE, _LINES} else []
            builder.append(1_700_000_000_000, None, value, headers)
        builder.close()
        for messages in BatchReader(_CHAIN.topic, 0, bytes(builder.buffer()), 0):
            opened = Opened.at(tables, messages.start, 0.0)
            opened.add(judge(tables, messages, options), 0.0)
            rows_of(opened, _CHAIN)
            letters_of(opened.refused)


def main() -> None:
    """Compile tables from files, and warm up."""
    policies, inventory = sys.argv[1:]
    warm_up(Sources([policies], [inventory]).compile().tables, StreamOptions())


if __name__ == "__main__":
    main()
