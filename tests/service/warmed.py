"""Writes the names of the kernels that messages of all kinds need and warming up did not."""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from pathlib import Path

import kernels
from auditor.flows.messages import MessageOptions
from auditor.service.judging import judge
from auditor.service.names import ChainName
from auditor.service.opened import Opened
from auditor.service.options import StreamOptions
from auditor.service.warming import warm_up
from auditor.service.writing import letters_of, rows_of
from auditor.sources.kafka_batches import BatchReader
from tests.flows.tables import ipc_bytes, table
from tests.kafka_bytes import Batch, Record, marker
from tests.service.streaming import tables_of

HUBBLE = (
    b'{"flow":{"time":"2023-08-21T12:12:18Z","verdict":"FORWARDED","IP":{"source":"10.0.0.1",'
    b'"destination":"10.0.0.3"},"l4":{"TCP":{"source_port":40000,"destination_port":80}}}}'
)
VPC = b"2 1 eni-1 10.0.0.1 10.0.0.3 40000 443 6 9 900 1700000000 1700000060 ACCEPT OK"
HEADER = b"version srcaddr dstaddr srcport dstport protocol start end action log-status"
SIX = b"5 fd00::1 fd00::9 40000 443 6 1700000000 1700000060 ACCEPT OK"
VALUES = (
    HUBBLE,
    VPC,
    HUBBLE[:-1],
    b"2 1 eni-1 10.0.0.1 nowhere 40000 x 6 9 900 1700000000 1700000060 ACCEPT OK",
    b"x\n-\n" + VPC + b"\n\n" + VPC,
    HEADER + b"\n" + SIX,
    HUBBLE + b"\n" + HUBBLE + b"\n{}",
    json.dumps({"message": VPC.decode()}).encode(),
    json.dumps({"log": HUBBLE.decode()}).encode(),
    b'{"src_ip":"10.0.0.1","dst_ip":"10.0.0.3","protocol":6,"dst_port":443}',
    ipc_bytes(table(), as_stream=True),
    None,
    b"",
)


def compiled():
    """Return the kernels that were compiled or loaded so far."""
    found = set()
    for module in pkgutil.iter_modules(kernels.__path__):
        for name, member in vars(importlib.import_module(f"kernels.{module.name}")).items():
            if getattr(member, "signatures", None) and member.py_func.__module__ == f"kernels.{module.name}":
                found.add(f"{module.name}.{name}")
    return found


def main():
    """Warm up, judge messages, write what is new as JSON."""
    options = StreamOptions()
    tables = tables_of(Path(sys.argv[1]) / "cluster")
    warm_up(tables, options)
    before = compiled()
    others = [
        StreamOptions(messages=MessageOptions(format=name), rows="all")
        for name in ("hubble-json", "vpc-text", "generic-json")
    ]
    for n in (1, 40):
        for codec in (0, 1, 2, 3, 4):
            records = [Record(at, value=VALUES[at % len(VALUES)]) for at in range(n * len(VALUES))]
            batches = (
                Batch(records=tuple(records), codec=codec).write()
                + marker(9, len(records), commits=True).write()
            )
            for messages in BatchReader("flows", 0, batches, 0):
                for chosen in (options, *others):
                    opened = Opened.at(tables, messages.start, 0.0)
                    opened.add(judge(tables, messages, chosen), 0.0)
                    rows_of(opened, ChainName("flows", "id", 0))
                    letters_of(opened.refused)
    sys.stdout.write(json.dumps(sorted(compiled() - before)))


if __name__ == "__main__":
    main()
