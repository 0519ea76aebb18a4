"""One compiled version a kernel: a second one is a dtype or a mutability that leaked through the border."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.demo.write import write_demo

pytestmark = pytest.mark.jit_only
ROOT = Path(__file__).parents[2]
SCRIPT = """
import importlib, json, pkgutil, sys
import pyarrow as pa, pyarrow.parquet as pq, pyarrow.csv as csv
import auditor, kernels
from auditor.sources.kafka_batches import BatchReader
from tests.kafka_bytes import Batch, Record, marker
policies, inventory, logs, extra = sys.argv[1:]
tables = auditor.compile(policies=policies, inventory=inventory)
flows = pa.table({
    "src_ip": ["10.0.0.1", "fd00::1", "not an address"] * 50,
    "dst_ip": pa.array(["10.0.0.2", "fd00::2", "10.0.0.3"] * 50).dictionary_encode(),
    "protocol": ["TCP", "UDP", "ICMP"] * 50,
    "dst_port": pa.array([80, 53, 0] * 50, pa.int16()),
    "src_port": [40000.0, None, 0.0] * 50,
    "weight": [1, 2, 3] * 50,
})
pq.write_table(flows, extra + "/flows.parquet")
csv.write_csv(flows, extra + "/flows.csv")
with pa.ipc.new_file(extra + "/flows.arrow", flows.schema) as file:
    file.write_table(flows)
lines = ["2 1 eni-1 10.0.0.1 10.0.1.1 40000 443 6 9 900 1700000000 1700000060 ACCEPT OK"] * 99
lines += ["a line that nobody understands"]
lines += ["version srcaddr dstaddr srcport dstport protocol start end action log-status pkt-srcaddr pkt-dstaddr"]
lines += ["5 x fd00::9 40000 443 6 1700000000 1700000060 ACCEPT OK - -"]
lines += ["5 10.0.0.1 fd00::9 40000 443 6 1700000000 1700000060 ACCEPT OK 10.0.0.1 -"]
with open(extra + "/vpc.txt", "w") as file:
    file.write("\\n".join(lines))
for codec in ("gzip", "zstd", "bz2"):
    with pa.CompressedOutputStream(extra + "/vpc." + codec, codec) as file:
        file.write("\\n".join(lines).encode())
with open(extra + "/objects.json", "w") as file:
    for protocol in ("tcp", 17):
        flow = {"src_ip": "10.0.0.1", "dst_ip": "fd00::1", "protocol": protocol, "dst_port": 53}
        file.write(json.dumps(flow) + "\\n")
n = 0
for replies in ("infer", "as-recorded"):
    for threads in (1, 4):
        run = auditor.audit(tables, flows=[logs, extra], rows="all", replies=replies, threads=threads)
        run.to_arrow()
        n += run.totals.n_flows
run.write(extra + "-report", force=True)
auditor.compile(policies=policies, inventory=inventory, own_node="judge")
for content in (b"", bytearray(b"x")):
    batches = [Batch(records=(Record(0), Record(1)), codec=codec).write() for codec in (0, 4)]
    n += len(list(BatchReader("flows", 0, content[:0].join([*batches, marker(2, 1, commits=True).write()]), 0)))
import numpy as np
from auditor.flows.messages import MessageOptions, decode_messages
from auditor.sources.kafka_messages import Messages
values = [lines[0].encode(), b'{"message":"' + lines[0].encode() + b'"}', open(extra + "/flows.arrow", "rb").read()]
sizes = np.array([len(value) for value in values])
decode_messages(Messages(
    "flows", 0, np.frombuffer(bytearray(b"".join(values) + bytes(64)), np.uint8), np.cumsum(sizes) - sizes, sizes,
    np.arange(3), np.full(3, -1), (), np.full(3, -1, np.int8), 0, 3, ()
), MessageOptions())
found = {}
for module in pkgutil.iter_modules(kernels.__path__):
    for name, member in vars(importlib.import_module("kernels." + module.name)).items():
        if hasattr(member, "signatures") and member.py_func.__module__ == "kernels." + module.name:
            if not {"forceinline", "no_cpython_wrapper"} & set(member.targetoptions):
                found[module.name + "." + name] = [str(each) for each in member.signatures]
print(json.dumps({"n": n, "found": found}))
"""
# Tables grow at sizes that no small demonstration reaches; kernels that others call come with these from the cache.
MAY_BE_IDLE = {
    "trie.rehash",
    "record_addresses.fill_table",
    "text_index.index_fields",
    "json.scan_lines",
    "hubble.read_lines",
    "hubble.read_events",
    *(f"classify.{stage}" for stage in ("_open", "_order", "_decide", "_except", "_compare", "_choose")),
}


def test_kernels__have_one_signature_each(tmp_path):
    """After an audit of every log format, with all switches, each kernel was compiled for one set of types."""
    files = write_demo(tmp_path / "demo", n_flows=3_000, n_events=300)
    paths = (files.policies, files.inventory, files.flows, tmp_path / "extra")
    paths[-1].mkdir()
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, *map(str, paths)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout)
    assert result["n"] > 4 * 3_000
    assert len(result["found"]) >= 10
    several = {name: types for name, types in result["found"].items() if len(types) > 1}
    assert several == {}
    assert {name for name, types in result["found"].items() if not types} <= MAY_BE_IDLE
