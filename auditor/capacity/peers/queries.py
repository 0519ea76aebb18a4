"""VPC flow logs in Parquet to verdicts: this program, and the queries that users of DuckDB and polars would write."""

from __future__ import annotations

import atexit
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from pyarrow import ipc

from auditor.capacity.peers.contest import OURS, Contender
from auditor.capacity.stopwatch import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from auditor.capacity.stages import Passed

SIMPLER = "It judges ingress only, by rules expanded to addresses beforehand, and says no reason."


def contenders(settings: Mapping[str, Any]) -> dict[str, Contender]:
    """Return the contenders, see ``contest``; each works on one thread."""
    rules = Path(settings["rules"])

    def by_sql(path: str) -> dict[str, int]:
        from auditor.capacity.peers import sql  # noqa: PLC0415 - where it is installed

        return sql.count(rules, path, 1)

    def by_frames(path: str) -> dict[str, int]:
        from auditor.capacity.peers import frames  # noqa: PLC0415 - not for the others

        return frames.count(rules, path)

    return {
        OURS: Contender(lambda path: audited(settings, path), check_audit, seconds=audit_s),
        "DuckDB, one query": Contender(
            by_sql,
            dict,
            "duckdb",
            f"The next question to the same log is another line of SQL, also beyond memory. {SIMPLER}",
        ),
        "polars, one query": Contender(
            by_frames,
            dict,
            "polars",
            f"The next question to the same log is another expression in Python. {SIMPLER}",
        ),
    }


def audited(settings: Mapping[str, Any], path: str) -> Passed:
    """Audit a log on this thread, from the file to the rows of the report."""
    from auditor.capacity.compiled import compiled  # noqa: PLC0415 - this program only, not its peers
    from auditor.capacity.stages import pass_over  # noqa: PLC0415 - the same

    tables, _ = compiled(dict(settings))
    clocks = (Stopwatch(), Stopwatch())
    return pass_over(tables, path, Path(_folder().name) / "report", *clocks, max_flows=1 << 62)


def audit_s(passed: Passed) -> float:
    """Return the CPU seconds of an audit, without what is done once a report: so little is in no query either."""
    from auditor.capacity.stages import STAGES  # noqa: PLC0415 - this program only, not its peers

    return sum(passed.cpu.get(stage, 0.0) for stage in STAGES)


def check_audit(passed: Passed) -> dict[str, Any]:
    """Return what a query finds too, from the rows of the report."""
    parts = sorted((Path(_folder().name) / "report").glob("violations-*.arrow"))
    found = [_denied(ipc.open_file(str(part)).read_all().select(COLUMNS)) for part in parts]
    denied = pl.concat(found) if found else pl.DataFrame(schema={"port": pl.Int64})
    connections = denied.unique()
    return {
        "rows": passed.n_rows,
        "flows": passed.n_flows,
        "denied": len(denied),
        "connections": len(connections),
        "ports": int(connections["port"].sum()),
    }


COLUMNS = ("ingress_reason", "opener", "src_ip", "dst_ip", "src_port", "dst_port", "protocol")


def _denied(table: pa.Table) -> pl.DataFrame:
    """Return the connections whose ingress no rule allows, a row each time."""
    rows = pl.from_arrow(table)
    assert isinstance(rows, pl.DataFrame)
    by_source = pl.col("opener").cast(pl.String) == "source"

    def end(if_source: str, else_: str) -> pl.Expr:
        return pl.when(by_source).then(pl.col(if_source)).otherwise(pl.col(else_))

    return rows.filter(pl.col("ingress_reason").cast(pl.String) == "no-rule-matched").select(
        end("src_ip", "dst_ip").cast(pl.String).alias("opener"),
        end("dst_ip", "src_ip").cast(pl.String).alias("other"),
        pl.col("protocol").cast(pl.String),
        end("dst_port", "src_port").cast(pl.Int64).alias("port"),
    )


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Return where reports are written, which goes with this process."""
    folder = tempfile.TemporaryDirectory(prefix="auditor-bench-")
    atexit.register(folder.cleanup)
    return folder
