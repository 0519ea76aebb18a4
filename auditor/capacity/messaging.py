"""The part of a report about messages: what a flow costs by their shape, without a broker and with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.capacity.blocks import Bars, Part, Table

if TYPE_CHECKING:
    from auditor.capacity.results import Figure, Results

HOW = (
    "Rows with a broker: not measured. `auditor bench --brokers HOST:PORT` measures them: it makes a topic of its own, "
    "with a random name, for each shape, fills it, reads it as the service does, and removes it."
)

ALONE = (
    "These rows are without a network: values of messages as a poll hands them on, decoded and judged. The client's "
    "own work, fetching and decompressing record batches, comes on top."
)
FETCHED = (
    "These rows are with a broker: fetch is the client, its connections, and the decompressing of record batches; the "
    "broker's own work is not in it, and the clock waits for it."
)


def messaging(results: Results) -> Part:
    """Return what was measured of messages."""
    part = Part(
        "messages",
        "Kafka: from messages to verdicts",
        "What a flow costs by the shape of the message that it comes in.",
    )
    found = [(figure, figure.interval) for figure in results.measured("messages")]
    if found:
        rows = [
            [figure.labels["shape"], around.middle, around.low, around.high, 1e3 / around.middle, figure.note]
            for figure, around in found
        ]
        columns = [
            ("message", None),
            ("ns a flow", 1),
            ("low", 1),
            ("high", 1),
            ("M flows/s a core", 2),
            ("note", None),
        ]
        caption = "Without a network: CPU time of a flow by shape of the message"
        part.blocks += [
            ALONE,
            Table(caption, columns, rows),
        ]
        bars = [(figure.labels["shape"], around.middle, around.low, around.high) for figure, around in found]
        part.blocks.append(Bars(caption, "ns a flow", bars))
    totals = list(results.measured("kafka", what="total"))
    if totals:
        part.blocks += _from_a_broker(results, totals)
    elif found:
        part.blocks.append(HOW)
    return part


def from_broker(results: Results) -> list[tuple[str, Figure]]:
    """Return the totals with a broker, by the name of the shape and how its batches are compressed."""
    return [
        (f"{each.labels['shape']}, batches {plain_or(each.labels['codec'])}", each)
        for each in results.measured("kafka", what="total")
    ]


def plain_or(codec: str) -> str:
    """Return the codec of batches for people."""
    return "plain" if codec == "none" else codec


def _from_a_broker(results: Results, totals: list[Figure]) -> list[str | Table | Bars]:
    rows, bars = [], []
    for total in totals:
        labels = {name: total.labels[name] for name in ("shape", "codec")}
        fetch, judge, wall = (
            figure.median if (figure := results.one("kafka", **labels, what=what)) else None
            for what in ("fetch", "judge", "wall")
        )
        around = total.interval
        named = (labels["shape"], plain_or(labels["codec"]))
        n_bytes = total.n_bytes / total.n_flows
        rows.append([*named, fetch, judge, around.middle, around.low, around.high, wall, n_bytes, total.note])
        bars.append((", ".join(named), around.middle, around.low, around.high))
    columns = [("message", None), ("batches", None), ("fetch", 1), ("decode and judge", 1), ("ns a flow", 1)]
    columns += [
        ("low", 1),
        ("high", 1),
        ("flows/s on the clock", 0),
        ("bytes of values a flow", 1),
        ("note", None),
    ]
    caption = "From a broker: CPU time of a flow by shape of the message and compression of its batches"
    return [
        FETCHED,
        Table(caption, columns, rows),
        Bars(caption, "ns a flow", bars),
    ]
