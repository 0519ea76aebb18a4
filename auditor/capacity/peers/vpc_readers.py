"""Other readers of VPC text, each at its best: one thread, only the columns that are needed, ``-`` as null.

Their addresses stay text; ours come out parsed, as 128 bits, each distinct one once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCK = 8 << 20
_COMMON = {
    "srcport": "int32",
    "dstport": "int32",
    "protocol": "int32",
    "packets": "int64",
    "bytes": "int64",
    "start": "int64",
    "end": "int64",
    "action": "text",
    "log-status": "text",
}
COLUMNS = {
    2: {"srcaddr": "text", "dstaddr": "text", **_COMMON},
    5: {"pkt-srcaddr": "text", "pkt-dstaddr": "text", **_COMMON, "tcp-flags": "int32"},
}
"""What is read of each version; a peer is spared the addresses of the interface."""


def header_of(path: str) -> tuple[list[str], dict[str, str]]:
    """Return all columns of a log, and those that are needed with their kinds."""
    with Path(path).open("rb") as file:
        names = file.readline().decode().split()
    return names, COLUMNS[5 if "pkt-srcaddr" in names else 2]


def load_arrow(path: str, text: pa.DataType | None = None) -> pa.Table:
    """Read with pyarrow, text as dictionaries, which repeat no address, or as another type."""
    from pyarrow import csv  # noqa: PLC0415  each peer in a process without the others

    _, needed = header_of(path)
    kinds = {"int32": pa.int32(), "int64": pa.int64(), "text": text or pa.dictionary(pa.int32(), pa.string())}
    return csv.read_csv(
        path,
        csv.ReadOptions(use_threads=False, block_size=BLOCK),
        csv.ParseOptions(delimiter=" ", quote_char=False, double_quote=False),
        csv.ConvertOptions(
            include_columns=list(needed),
            column_types={name: kinds[kind] for name, kind in needed.items()},
            null_values=["-"],
            strings_can_be_null=True,
        ),
    )


def load_polars(path: str) -> Any:  # noqa: ANN401  a frame
    """Read with polars, strings as views: its categories cost more; the environment holds it to one thread."""
    import polars as pl  # noqa: PLC0415

    _, needed = header_of(path)
    kinds = {"int32": pl.Int32, "int64": pl.Int64, "text": pl.String}
    return pl.read_csv(
        path,
        separator=" ",
        columns=list(needed),
        schema_overrides={name: kinds[kind] for name, kind in needed.items()},
        null_values="-",
        quote_char=None,
    )


def load_duckdb(path: str) -> pa.Table:
    """Read with DuckDB."""
    import duckdb  # noqa: PLC0415

    names, needed = header_of(path)
    kinds = {"int32": "integer", "int64": "bigint", "text": "varchar"}
    columns = ", ".join(f"'{name}': '{kinds[needed.get(name, 'text')]}'" for name in names)
    chosen = ", ".join(f'"{name}"' for name in needed)
    quoted = path.replace("'", "''")
    settings = "auto_detect = false, header = true, delim = ' ', quote = '', escape = '', nullstr = '-'"
    read = f"read_csv('{quoted}', {settings}"
    base = duckdb.connect(config={"threads": 1})
    return base.sql(f"select {chosen} from {read}, columns = {{{columns}}})").to_arrow_table()


def check_table(found: Any) -> dict[str, Any]:  # noqa: ANN401  a table of any of the peers
    """Return rows, flows, sums, refused flows, and the number of distinct addresses of the flows."""
    table = found if isinstance(found, pa.Table) else found.to_arrow()
    n_rows = table.num_rows
    table = table.filter(pc.equal(table["log-status"].cast(pa.string()), "OK"))
    ends = [name for name in table.column_names if name.endswith("addr")]
    addresses = {text for name in ends for text in pc.unique(table[name].cast(pa.string())).to_pylist()}
    return {
        "rows": n_rows,
        "flows": table.num_rows,
        "ports": pc.sum(table["srcport"]).as_py() + pc.sum(table["dstport"]).as_py(),
        "bytes": pc.sum(table["bytes"]).as_py(),
        "packets": pc.sum(table["packets"]).as_py(),
        "refused": pc.sum(pc.equal(table["action"].cast(pa.string()), "REJECT")).as_py(),
        "addresses": len(addresses),
    }


class Peer(NamedTuple):
    """How a library reads a log, what it needs, and what it does better."""

    load: Callable[[str], Any]
    needs: str
    better: str


PEERS = {
    "pyarrow.csv, dictionaries, 1 thread": Peer(
        load_arrow, "pyarrow", "Any delimited text with any columns; one file on several threads."
    ),
    "pyarrow.csv, strings, 1 thread": Peer(
        lambda path: load_arrow(path, pa.string()),
        "pyarrow",
        "The same, with texts as other programs expect them.",
    ),
    "polars read_csv, 1 thread": Peer(
        load_polars, "polars", "Any delimited text; filters, joins and sums go on from here in one language."
    ),
    "DuckDB read_csv, 1 thread": Peer(
        load_duckdb, "duckdb", "Any question to any column in SQL, also to a log beyond memory."
    ),
}
