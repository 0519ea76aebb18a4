"""The audit of VPC flow logs in Parquet as a user of polars would write it: the same as ``sql``, in expressions."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from pathlib import Path

KEY = ["opener", "other", "protocol", "port"]
SYN, SYN_ACK = 2, 18
FIRST_CLIENT_PORT = 32_768


@cache
def tables(folder: Path) -> dict[str, pl.LazyFrame]:
    """Return the expanded rules by name, in memory."""
    return {
        name: pl.read_parquet(folder / f"{name}.parquet").lazy()
        for name in ("peers", "rules", "ports", "isolated")
    }


def count(folder: Path, flows: Path | str) -> dict[str, int]:
    """Judge every flow, see ``sql.count``."""
    rules = tables(folder)
    keys = _keys(str(flows))
    judged = keys.join(rules["isolated"], left_on="other", right_on="address", how="left")
    first, last = pl.col("first"), pl.col("last")
    allowed = (
        judged.join(rules["rules"], on="subject")
        .join(rules["ports"], on="port_set", suffix="_of_rule")
        .filter((pl.col("protocol") == pl.col("protocol_of_rule")) & pl.col("port").is_between(first, last))
        .join(rules["peers"], left_on=["peer_set", "opener"], right_on=["peer_set", "address"], how="semi")
        .select(KEY)
        .unique()
    )
    is_isolated = pl.col("subject").is_not_null() & (pl.col("opener") != pl.col("other"))
    denied = judged.filter(is_isolated).join(allowed, on=KEY, how="anti")
    whole, found = pl.collect_all(
        [
            keys.select(pl.col("flows").sum()),
            denied.select(pl.col("flows").sum(), pl.len().alias("connections"), pl.col("port").sum()),
        ]
    )
    (n_flows,), (n_denied, connections, ports) = whole.row(0), found.row(0)
    return {"flows": n_flows, "denied": n_denied, "connections": connections, "ports": ports}


def _keys(flows: str) -> pl.LazyFrame:
    """Return distinct connections in opening direction, each with its number of flows."""
    flags = pl.col("tcp_flags") & SYN_ACK
    by_port = (pl.col("srcport") < FIRST_CLIENT_PORT) & (pl.col("dstport") >= FIRST_CLIENT_PORT)
    is_reply = pl.when(flags == SYN_ACK).then(True).when(flags == SYN).then(False).otherwise(by_port)  # noqa: FBT003

    def end(of_reply: str, else_: str) -> pl.Expr:
        return pl.when(is_reply).then(pl.col(of_reply)).otherwise(pl.col(else_))

    return (
        pl.scan_parquet(flows)
        .filter(pl.col("log_status") == "OK")
        .select(
            end("pkt_dstaddr", "pkt_srcaddr").alias("opener"),
            end("pkt_srcaddr", "pkt_dstaddr").alias("other"),
            pl.col("protocol").cast(pl.Int64),
            end("srcport", "dstport").cast(pl.Int64).alias("port"),
        )
        .group_by(KEY)
        .agg(pl.len().cast(pl.Int64).alias("flows"))
    )
