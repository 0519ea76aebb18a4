"""Other readers of Hubble JSON, each at its best: one thread, and only the fields that are needed.

Those that give Python objects are timed up to the objects, those that give columns up to the columns.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from auditor.capacity.peers.hubble_structs import (
    Event,
    EventType,
    Flow,
    Network,
    Side,
    Transport,
    Transports,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROTOCOLS = ("TCP", "UDP", "SCTP", "ICMPv4", "ICMPv6")
BLOCK = 8 << 20
NEEDED = (
    *("time", "verdict", "drop_reason_desc", "IP", "l4", "source", "destination", "Type", "event_type"),
    *("traffic_direction", "is_reply"),
)


class Seen(NamedTuple):
    """One flow as a peer saw it."""

    event: int
    type: str | None
    verdict: str | None
    reason: str | None
    source_port: int | None
    destination_port: int | None


@dataclass(frozen=True, slots=True)
class Peer:
    """How a library reads a log, how to look at what it read, what it needs, and what it does better.

    None is a line without a flow.
    """

    load: Callable[[str], Any]
    seen: Callable[[Any], Iterator[Seen | None]]
    needs: str
    better: str


def _load_msgspec(path: str) -> list[Event]:
    return msgspec.json.Decoder(Event).decode_lines(Path(path).read_bytes())


_NONE = (Network(), Transport(), Side(), EventType(), Transports())


def _load_msgspec_columns(path: str) -> Any:  # noqa: ANN401  a table
    gc.disable()
    return columns_of(_load_msgspec(path))


def columns_of(events: list[Event]) -> Any:  # noqa: ANN401  a table
    """Return what a verdict needs of events as columns."""
    import pyarrow as pa  # noqa: PLC0415

    network, transport, side, event_type, transports = _NONE
    flows = [event.flow or Flow() for event in events]
    named = [flow.l4 or transports for flow in flows]
    ports = [l4.TCP or l4.UDP or l4.SCTP or l4.ICMPv4 or l4.ICMPv6 or transport for l4 in named]
    return pa.table(
        {
            "event": [(flow.event_type or event_type).type for flow in flows],
            "type": [flow.Type for flow in flows],
            "verdict": [flow.verdict for flow in flows],
            "reason": [flow.drop_reason_desc for flow in flows],
            "source_port": [port.source_port for port in ports],
            "destination_port": [port.destination_port for port in ports],
            "protocol": [6 if l4.TCP else 17 if l4.UDP else 0 for l4 in named],
            "flags": [0 if port.flags is None else port.flags.SYN + 2 * port.flags.ACK for port in ports],
            "time": [flow.time for flow in flows],
            "source": [(flow.IP or network).source for flow in flows],
            "destination": [(flow.IP or network).destination for flow in flows],
            "source_id": [(flow.source or side).ID for flow in flows],
            "destination_id": [(flow.destination or side).ID for flow in flows],
            "direction": [flow.traffic_direction for flow in flows],
            "is_reply": [flow.is_reply for flow in flows],
        }
    )


def seen_columns(table: Any) -> Iterator[Seen | None]:  # noqa: ANN401  a table
    """Yield each flow of ``columns_of``."""
    for row in zip(*(table[name].to_pylist() for name in Seen._fields), strict=True):
        seen = Seen(*row)
        yield seen if seen.verdict else None


def _seen_structs(events: list[Event]) -> Iterator[Seen | None]:
    for event in events:
        flow = event.flow
        if flow is None:
            yield None
            continue
        named = [getattr(flow.l4, name) for name in PROTOCOLS] if flow.l4 else []
        port = next((transport for transport in named if transport is not None), Transport())
        number = flow.event_type.type if flow.event_type else 0
        yield Seen(
            number, flow.Type, flow.verdict, flow.drop_reason_desc, port.source_port, port.destination_port
        )


def _load_orjson(path: str) -> list[tuple[Any, ...] | None]:
    import orjson  # noqa: PLC0415  each peer in a process without the others

    # Only what is needed is kept, and nothing is searched for cycles: that would cost more than the JSON.
    gc.disable()
    loads = orjson.loads
    found = []
    with Path(path).open("rb") as file:
        for line in file:
            flow = loads(line).get("flow")
            found.append(None if flow is None else tuple(map(flow.get, NEEDED)))
    return found


def _seen_tuples(events: list[tuple[Any, ...] | None]) -> Iterator[Seen | None]:
    yield from _seen_objects([{"flow": flow and dict(zip(NEEDED, flow, strict=True))} for flow in events])


def _seen_objects(events: list[dict[str, Any]]) -> Iterator[Seen | None]:
    for event in events:
        flow = event.get("flow")
        if flow is None:
            yield None
            continue
        transports = flow.get("l4") or {}
        port: dict[str, Any] = next(
            (transports[name] for name in PROTOCOLS if transports.get(name) is not None), {}
        )
        yield Seen(
            (flow.get("event_type") or {}).get("type") or 0,
            flow.get("Type"),
            flow.get("verdict"),
            flow.get("drop_reason_desc"),
            port.get("source_port"),
            port.get("destination_port"),
        )


def _load_arrow(path: str) -> Any:  # noqa: ANN401  a table
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import json  # noqa: PLC0415

    def struct(**fields: pa.DataType) -> pa.DataType:
        return pa.struct(list(fields.items()))

    text, number, truth = pa.string(), pa.int64(), pa.bool_()
    ports = {"source_port": number, "destination_port": number}
    flow = struct(
        time=text,
        verdict=text,
        drop_reason_desc=text,
        IP=struct(source=text, destination=text),
        l4=struct(
            TCP=struct(**ports, flags=struct(SYN=truth, ACK=truth)),
            UDP=struct(**ports),
            SCTP=struct(**ports),
            ICMPv4=struct(type=number),
            ICMPv6=struct(type=number),
        ),
        source=struct(ID=number),
        destination=struct(ID=number),
        Type=text,
        event_type=struct(type=number),
        traffic_direction=text,
        is_reply=truth,
    )
    return json.read_json(
        path,
        json.ReadOptions(use_threads=False, block_size=BLOCK),
        json.ParseOptions(explicit_schema=pa.schema({"flow": flow}), unexpected_field_behavior="ignore"),
    )


def _seen_arrow(table: Any) -> Iterator[Seen | None]:  # noqa: ANN401  a table
    yield from _seen_objects([{"flow": flow} for flow in table.column("flow").to_pylist()])


def _load_polars(path: str) -> Any:  # noqa: ANN401  a frame
    import polars as pl  # noqa: PLC0415

    ports = {"source_port": pl.Int64, "destination_port": pl.Int64}
    flow = pl.Struct(
        {
            "time": pl.String,
            "verdict": pl.String,
            "drop_reason_desc": pl.String,
            "IP": pl.Struct({"source": pl.String, "destination": pl.String}),
            "l4": pl.Struct(
                {
                    "TCP": pl.Struct({**ports, "flags": pl.Struct({"SYN": pl.Boolean, "ACK": pl.Boolean})}),
                    "UDP": pl.Struct(ports),
                    "SCTP": pl.Struct(ports),
                    "ICMPv4": pl.Struct({"type": pl.Int64}),
                    "ICMPv6": pl.Struct({"type": pl.Int64}),
                }
            ),
            "source": pl.Struct({"ID": pl.Int64}),
            "destination": pl.Struct({"ID": pl.Int64}),
            "Type": pl.String,
            "event_type": pl.Struct({"type": pl.Int64}),
            "traffic_direction": pl.String,
            "is_reply": pl.Boolean,
        }
    )
    return pl.scan_ndjson(path, schema={"flow": flow}).collect()


def _seen_polars(frame: Any) -> Iterator[Seen | None]:  # noqa: ANN401  a frame
    # A line without a flow is a struct of nulls there.
    for flow in frame.get_column("flow").to_list():
        yield from _seen_objects([{"flow": flow if flow and flow.get("verdict") else None}])


_DUCKDB = """
struct(time varchar, verdict varchar, drop_reason_desc varchar, IP struct(source varchar, destination varchar),
l4 struct(TCP struct(source_port int, destination_port int, flags struct(SYN bool, ACK bool)),
UDP struct(source_port int, destination_port int), SCTP struct(source_port int, destination_port int),
ICMPv4 struct("type" int), ICMPv6 struct("type" int)), source struct(ID bigint), destination struct(ID bigint),
"Type" varchar, event_type struct("type" int), traffic_direction varchar, is_reply bool)
""".replace("\n", " ")


def _load_duckdb(path: str) -> Any:  # noqa: ANN401  a table
    import duckdb  # noqa: PLC0415

    base = duckdb.connect(config={"threads": 1})
    quoted = path.replace("'", "''")
    read = f"read_json('{quoted}', format = 'newline_delimited', columns = {{flow: '{_DUCKDB.strip()}'}})"
    return base.sql(f"select flow from {read}").to_arrow_table()


OBJECTS_ONLY = "msgspec decode_lines, objects only"
"""Stops at one Python object a line, half of the way: shown for what it is, not what a promise is held against."""

PEERS = {
    "msgspec decode_lines, to columns": Peer(
        _load_msgspec_columns,
        seen_columns,
        "msgspec",
        "Any field of any JSON is a line in a struct away, checked for its type.",
    ),
    OBJECTS_ONLY: Peer(
        _load_msgspec,
        _seen_structs,
        "msgspec",
        "Gives a Python object a line; it stops there, half of the way to columns.",
    ),
    "orjson.loads a line": Peer(
        _load_orjson, _seen_tuples, "orjson", "Needs no schema: every field of every line is there."
    ),
    "pyarrow.json, schema, 1 thread": Peer(
        _load_arrow,
        _seen_arrow,
        "pyarrow",
        "Any field by a schema, or by none; what it gives, many programs take without a copy.",
    ),
    "polars scan_ndjson, schema": Peer(
        _load_polars,
        _seen_polars,
        "polars",
        "Filters, joins and sums over any field go on from here in one language.",
    ),
    "DuckDB read_json, columns": Peer(
        _load_duckdb, _seen_arrow, "duckdb", "Any question to any field in SQL, also to a log beyond memory."
    ),
}
