"""Every kernel that messages need, compiled or loaded on made-up ones, before anybody waits for it.

``python -m auditor.service.warming POLICIES INVENTORY`` does so while an image is built.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from auditor.service.judging import judge
from auditor.service.options import StreamOptions
from auditor.service.sources import Sources
from auditor.sources.kafka_batches import BatchReader

if TYPE_CHECKING:
    from auditor.tables.tableset import TableSet

_HUBBLE = (
    b'{"flow":{"time":"2026-01-01T00:00:00Z","verdict":"FORWARDED","IP":{"source":"192.0.2.1","destination":"192.0.2.2"},'
    b'"l4":{"TCP":{"source_port":40000,"destination_port":443,"flags":{"SYN":true}}},"Type":"L3_L4"}}'
)
_VPC = b"2 1 eni-1 192.0.2.1 192.0.2.2 40000 443 6 1 40 1700000000 1700000060 ACCEPT OK"


def warm_up(tables: TableSet, options: StreamOptions) -> None:
    """Judge a Hubble event and a VPC record, from the bytes of record batches.

    Parameters
    ----------
    tables : TableSet
        What they are judged by.
    options : StreamOptions
        How.
    """
    # The client is imported here: whoever only looks at policies need not have it.
    from kafka.record.memory_records import MemoryRecordsBuilder  # noqa: PLC0415

    for value in (_HUBBLE, _VPC):
        builder = MemoryRecordsBuilder(magic=2, compression_type=0, batch_size=1 << 16)
        builder.append(
            1_700_000_000_000, None, value, [("auditor.format", b"hubble-json")] if value is _HUBBLE else []
        )
        builder.close()
        for messages in BatchReader("warm-up", 0, bytes(builder.buffer()), 0):
            judge(tables, messages, options)


def main() -> None:
    """Compile tables from files, and warm up."""
    policies, inventory = sys.argv[1:]
    warm_up(Sources([policies], [inventory]).build(), StreamOptions())


if __name__ == "__main__":
    main()
