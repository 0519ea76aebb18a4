"""The audit of VPC flow logs in Parquet, beside a bare read of the same columns and the query a user would write.

On two cores, 1 % of the flows reported: the audit from the log to the written report, policies compiled beforehand;
``pyarrow`` reading the same columns, texts as dictionaries, two row groups side by side; DuckDB (see
``auditor.capacity.peers.sql``), which writes the flows it denies, as the audit does, or only counts them, and then
reads four columns less. Rows, the sums of every column as our decoder and as ``pyarrow`` read it, and every denied
connection are compared.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import inputs
import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from lines import Line
from measuring import TWO_CORES, Contender, interleaved, serve

import auditor
from auditor.capacity.peers import sql
from auditor.flows.options import FlowOptions
from auditor.flows.vpc_parquet import VpcParquetLog
from auditor.heap import share_heap
from auditor.sources.files import find_files
from auditor.synthetic.flows import ROW_GROUP

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from auditor.flows.schema import FlowBatch
    from auditor.strings import Strings
    from auditor.tables.tableset import TableSet

MOST_OF_READ = 1.3
LEAST_OF_QUERY = 3.0
ROWS, QUICK_ROWS = 10 * ROW_GROUP, 2 * ROW_GROUP
CODECS = ("zstd", "gzip")
"""The first alone with ``--quick``."""
THREADS = 2
TEXTS = ("pkt_srcaddr", "pkt_dstaddr", "log_status", "action")
NUMBERS = ("protocol", "srcport", "dstport", "tcp_flags")
EVIDENCE = ("start", "end", "bytes", "packets")
VERDICT, ALL = "pyarrow, 8 columns of verdicts", "pyarrow, those and evidence"
QUERY, WRITTEN = "DuckDB, ingress only, counted", "DuckDB, ingress only, denied flows written"


def lines(chosen: argparse.Namespace) -> Iterator[Line]:
    """Measure, and yield the lines of the table."""
    inputs.expanded()
    warm = inputs.warm("vpc-parquet", "zstd")
    for codec in CODECS[: 1 if chosen.quick else None]:
        path = inputs.log("vpc-parquet", QUICK_ROWS if chosen.quick else ROWS, codec)
        samples = interleaved(__file__, list(CONTENDERS), path, warm, chosen.runs, TWO_CORES)
        ours = samples[""]
        what = f"{ours[0].rows:,} rows, log to report, 2 cores"
        own, verdict, read, query, written = (
            Line(f"Parquet {codec}", what, name, "wall_s", found, ours if name else ())
            for name, found in samples.items()
        )
        # One row in a hundred is reported, so every page of the evidence is decompressed too.
        yield own
        yield verdict
        yield replace(read, promised=f">= 1/{MOST_OF_READ:g} x", holds=read.ratio * MOST_OF_READ >= 1)
        # What an audit is for is to write the flows that it finds, and only a peer that does so reads the same columns;
        # counting them, less than half of that, is shown beside it.
        yield replace(written, promised=f">= {LEAST_OF_QUERY:g} x", holds=written.ratio >= LEAST_OF_QUERY)
        yield query


@cache
def tables() -> TableSet:
    """Compile the policies."""
    share_heap()
    folder = inputs.cluster()
    return auditor.compile(folder / "policies", folder / "cluster.json", own_node="judge")


@cache
def _report() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()


def audited(path: str) -> str:
    """Audit a log, and write its report."""
    auditor.audit(tables(), path, threads=THREADS, fail_on="never").write(_report().name, force=True)
    return path


def check_audit(path: str) -> dict[str, Any]:
    """Return what must be equal: what the report says, and the sums of what our decoder reads."""
    folder = Path(_report().name)
    n_differing = sql.n_differing(inputs.cluster(), path, folder, THREADS)
    if n_differing:
        raise SystemExit(f"{n_differing} connections are judged differently")
    run = json.loads((folder / "run.json").read_text())
    sums: Counter[str] = Counter()
    (found,) = find_files([path])
    for part in VpcParquetLog(found, FlowOptions()).parts():
        sums.update(_sums(part()))
    return {
        "rows": run["rows"]["read"],
        "flows": run["rows"]["classified"],
        "denied": run["flows"]["ingress_reason"]["no-rule-matched"],
        **sums,
    }


def _sums(flows: FlowBatch) -> dict[str, int]:
    evidence = flows.evidence(np.arange(flows.n_flows))
    return {
        "protocol": int(flows.protocol.sum()),
        "srcport": int(flows.src_port.sum()),
        "dstport": int(flows.dst_port.sum()),
        "pkt_srcaddr": _letters(flows.sources.texts, flows.src_codes),
        "pkt_dstaddr": _letters(flows.destinations.texts, flows.dst_codes),
        "start": int((evidence.time_start // 10**9).sum()),
        "end": int((evidence.time_end // 10**9).sum()),
        "bytes": int(evidence.bytes.sum()),
        "packets": int(evidence.packets.sum()),
    }


def _letters(texts: Strings, codes: np.ndarray) -> int:
    return int(np.diff(texts.offsets)[codes].sum())


def bare_read(path: str, columns: tuple[str, ...]) -> int:
    """Read columns of every row group, two groups side by side, and keep none; return the rows."""
    footer = pq.ParquetFile(path).metadata

    def read(group: int) -> int:
        with pq.ParquetFile(path, metadata=footer, read_dictionary=list(TEXTS), pre_buffer=False) as reader:
            return len(reader.read_row_group(group, list(columns), use_threads=False))

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(read, range(footer.num_row_groups)))


def check_read(path: str, columns: tuple[str, ...]) -> dict[str, Any]:
    """Return what must be equal, from reading the log once more."""
    table = pq.read_table(path, columns=list(columns))
    summed = [name for name in columns if name not in {"log_status", "action", "tcp_flags"}]
    return {"rows": len(table)} | {
        name: pc.sum(pc.binary_length(table[name]) if name in TEXTS else table[name]).as_py()
        for name in summed
    }


def _reader(*columns: str) -> Contender:
    def load(path: str) -> str:
        bare_read(path, columns)
        return path

    return Contender(load, lambda path: check_read(path, columns))


def _query(path: str) -> dict[str, int]:
    return sql.count(inputs.cluster(), path, THREADS)


def _write(path: str) -> Path:
    out = Path(_report().name) / "denied.parquet"
    sql.write(inputs.cluster(), path, out, THREADS)
    return out


CONTENDERS = {
    "": Contender(audited, check_audit),
    VERDICT: _reader(*TEXTS, *NUMBERS),
    ALL: _reader(*TEXTS, *NUMBERS, *EVIDENCE),
    # Its denied connections are compared one by one, where the audit is checked.
    QUERY: Contender(_query, lambda found: {name: found[name] for name in ("flows", "denied")}),
    WRITTEN: Contender(_write, lambda out: {"denied": sql.n_written(inputs.cluster(), out, THREADS)}),
}

if __name__ == "__main__" and not serve(CONTENDERS):
    from table import main

    main([Path(__file__).stem])
