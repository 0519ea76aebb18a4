"""The audit of VPC flow logs in Parquet, beside a bare read of the same columns and the query a user would write.

For each codec, in one run and by turns: ``pyarrow`` reading the columns of a verdict, and all that an audit may touch,
texts as dictionaries, two threads; the audit from the open tables to the written report; DuckDB (see ``bench_audit``).
Before a figure is printed the rows, the sums of every column as our decoder and as ``pyarrow`` read it, and the denied
connections are compared. Ratios are medians of ratios of neighbours.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import bench_audit
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from machine import describe

import auditor
from auditor.flows.options import FlowOptions
from auditor.flows.parquet import ParquetTable
from auditor.flows.vpc_parquet import VpcParquetLog
from auditor.sources.files import find_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.tables.tableset import TableSet

THREADS = 2
TEXTS = ("pkt_srcaddr", "pkt_dstaddr", "log_status", "action")
NUMBERS = ("protocol", "srcport", "dstport", "tcp_flags")
EVIDENCE = ("start", "end", "bytes", "packets")


class Row(NamedTuple):
    """One line of the table: medians over the runs; ratios to the audit of the same run."""

    codec: str
    name: str
    wall_s: float
    cpu_ns: float
    ratio: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flows", type=int, default=10_000_000)
    parser.add_argument("--policies", type=int, default=1_000)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="keep the input here and use it again")
    options = parser.parse_args()
    print(describe())
    print(
        f"{options.flows:,} VPC flows in Parquet, 1 % violations, {options.policies:,} policies, "
        f"{options.pods:,} pods, {THREADS} threads, median of {options.runs} runs by turns"
    )
    rows = measure(options)
    print("equal: rows, sums of every column, denied connections and how often each")
    print(f"{'codec':<6} {'':<44} {'wall s':>7} {'ns CPU/row':>11} {'its wall / audit':>17}")
    for row in rows:
        print(f"{row.codec:<6} {row.name:<44} {row.wall_s:>7.2f} {row.cpu_ns:>11.0f} {row.ratio:>17.2f}")


def measure(options: argparse.Namespace) -> list[Row]:
    """Return the rows of every codec, after comparing results."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        zstd = bench_audit.make(folder, options)
        files = {"zstd": zstd, "gzip": _recoded(zstd, "gzip")}
        tables = auditor.compile(folder / "policies", folder / "cluster.json", own_node="judge")
        return [
            row for codec, file in files.items() for row in _measured(codec, file, folder, tables, options)
        ]


def _recoded(file: Path, codec: str) -> Path:
    """Write a file once more with another codec."""
    path = file.with_suffix(f".{codec}.parquet")
    if not path.exists():
        source = pq.ParquetFile(file)
        with pq.ParquetWriter(path, source.schema_arrow, compression=codec, store_schema=False) as writer:
            for group in range(source.num_row_groups):
                writer.write_table(source.read_row_group(group), row_group_size=1 << 20)
    return path


def _measured(
    codec: str, file: Path, folder: Path, tables: TableSet, options: argparse.Namespace
) -> list[Row]:
    def audit() -> None:
        run = auditor.audit(tables, file, threads=THREADS, fail_on="never")
        run.write(folder / "report", force=True)

    _compare_sums(file)
    bench_audit.compare(folder, file, bench_audit.audit(folder, file), bench_audit.query(folder, file))
    jobs: dict[str, Callable[[], object]] = {
        "audit, both sides, report written": audit,
        "pyarrow read, 8 columns of a verdict": lambda: _bare_read(file, (*TEXTS, *NUMBERS)),
        "pyarrow read, those and times and counters": lambda: _bare_read(file, (*TEXTS, *NUMBERS, *EVIDENCE)),
        "DuckDB, distinct connections, ingress only": lambda: _query(folder, file),
    }
    walls: dict[str, list[float]] = {name: [] for name in jobs}
    cpus: dict[str, list[float]] = {name: [] for name in jobs}
    for turn in range(options.runs + 1):
        for name, job in jobs.items():
            wall, cpu = time.perf_counter(), time.process_time()
            job()
            if turn:  # the first warms up
                walls[name].append(time.perf_counter() - wall)
                cpus[name].append(time.process_time() - cpu)
    ours = next(iter(walls.values()))
    return [
        Row(
            codec,
            name,
            statistics.median(walls[name]),
            statistics.median(cpus[name]) / options.flows * 1e9,
            statistics.median(theirs / own for theirs, own in zip(walls[name], ours, strict=True)),
        )
        for name in jobs
    ]


def _bare_read(file: Path, columns: tuple[str, ...]) -> int:
    """Read columns of every row group, two groups side by side; return the rows."""
    footer = pq.ParquetFile(file).metadata

    def read(group: int) -> int:
        with pq.ParquetFile(file, metadata=footer, read_dictionary=list(TEXTS), pre_buffer=False) as reader:
            return len(reader.read_row_group(group, list(columns), use_threads=False))

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(read, range(footer.num_row_groups)))


def _query(folder: Path, file: Path) -> object:
    base = bench_audit.connect(folder)
    return base.sql(f"select sum(flows) filter (is_denied) from ({bench_audit.judged(file)})").fetchall()


def _compare_sums(file: Path) -> None:
    """Stop unless our decoder and pyarrow agree on every row group: rows, sums of numbers, lengths of addresses."""
    (found,) = find_files([str(file)])
    table = ParquetTable.open(found)
    for group, part in enumerate(VpcParquetLog(found, FlowOptions()).parts()):
        flows = part()
        evidence = flows.evidence(np.arange(flows.n_flows))
        theirs = pq.ParquetFile(file).read_row_group(group)
        ours = {
            "rows": flows.n_flows,
            "protocol": int(flows.protocol.sum()),
            "srcport": int(flows.src_port.sum()),
            "dstport": int(flows.dst_port.sum()),
            "pkt_srcaddr": _letters(flows.sources.texts, flows.src_codes),
            "pkt_dstaddr": _letters(flows.destinations.texts, flows.dst_codes),
            "start": pc.sum(pc.divide(evidence.time_start.cast(pa.int64()), 10**9)).as_py(),
            "end": pc.sum(pc.divide(evidence.time_end.cast(pa.int64()), 10**9)).as_py(),
            "bytes": pc.sum(evidence.bytes).as_py(),
            "packets": pc.sum(evidence.packets).as_py(),
        }
        expected = {"rows": table.n_rows(group)} | {
            name: pc.sum(pc.binary_length(theirs[name]) if name in TEXTS else theirs[name]).as_py()
            for name in ours
            if name != "rows"
        }
        if ours != expected:
            raise SystemExit(f"row group {group}: we read {ours}, pyarrow {expected}")


def _letters(texts: pa.StringArray, codes: np.ndarray) -> int:
    lengths = pc.binary_length(texts).fill_null(0).to_numpy()
    return int(lengths[codes].sum())


if __name__ == "__main__":
    main()
