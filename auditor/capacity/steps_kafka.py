"""The step that measures messages with a broker, in topics of its own that are removed afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.capacity.message_shapes import NO_FLOWS, shapes_of
from auditor.capacity.results import HIGHER, WALL, Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.capacity.plan import Bench

PREFIX = "auditor-bench-"
MOST_MESSAGES = 40_000
"""Of a topic: sending is slow in Python."""
CODECS = {
    "Hubble event a message": ("none", "zstd"),
    "100 Hubble events a message": ("none", "zstd"),
    "VPC record a message": ("none", "zstd"),
    "100 VPC records, CloudWatch, gzip": ("none",),
    "1,000 rows, Arrow": ("none", "zstd"),
}
"""How the batches of each shape are compressed by the sender."""
NO_BROKER = "needs a broker: `auditor bench --brokers HOST:PORT`"


def kafka(bench: Bench) -> Iterator[Figure]:
    """Measure fetching and judging of each shape, by codec of the batches."""
    by_format = {log.format: log.path for log in reversed(bench.logs)}
    if bench.brokers is None or not {"hubble-json", "vpc-text"} <= by_format.keys():
        why = NO_BROKER if bench.brokers is None else "needs a Hubble and a VPC text log to make messages of"
        yield Figure("kafka", {"shape": "any"}, "ns/flow", why_not=why)
        return
    settings: dict[str, Any] = {
        "policies": bench.ready.policies,
        "inventory": bench.ready.inventory,
        "pod_cidrs": bench.ready.pod_cidrs,
        "own_node": bench.own_node,
        "rounds": bench.extent.rounds,
        "brokers": bench.brokers,
        "properties": bench.kafka_properties,
    }
    for shape, values, vpc_format in shapes_of(by_format["hubble-json"], by_format["vpc-text"]):
        for codec in CODECS.get(shape, ()):
            yield from _topic(
                bench, settings | {"vpc_format": vpc_format}, shape, codec, values[:MOST_MESSAGES]
            )


def _topic(
    bench: Bench, settings: dict[str, Any], shape: str, codec: str, values: list[bytes]
) -> Iterator[Figure]:
    """Fill a topic, and read it again and again; from this process, for the other may be killed at any time."""
    from auditor.capacity.job_kafka import settings_for  # noqa: PLC0415 - with a broker only
    from auditor.sources.kafka_topic import fill, own_topic  # noqa: PLC0415 - the same

    own = settings_for(settings["brokers"], settings["properties"], PREFIX)
    with own_topic(own, PREFIX) as topic:
        n_messages = fill(own, topic, values, codec)
        found = bench.ask("kafka", settings | {"topic": topic, "n_messages": n_messages})
    n_flows = found["n_flows"]
    if not n_flows:
        yield Figure("kafka", {"shape": shape, "codec": codec}, "ns/flow", why_not=NO_FLOWS)
        return
    note = f"{n_messages:,} messages; {found['n_rows'] - n_flows:,} rows of them are no flows"
    n_bytes = sum(map(len, values))
    both = [fetch + judge for fetch, judge in zip(found["fetch"], found["judge"], strict=True)]
    for what, seconds in (("fetch", found["fetch"]), ("judge", found["judge"]), ("total", both)):
        labels = {"shape": shape, "codec": codec, "what": what}
        runs = tuple(1e9 * each / n_flows for each in seconds)
        yield Figure("kafka", labels, "ns/flow", runs, n_flows=n_flows, n_bytes=n_bytes, note=note)
    labels = {"shape": shape, "codec": codec, "what": "wall"}
    rates = tuple(n_flows / each for each in found["wall"])
    yield Figure("kafka", labels, "flows/s", rates, WALL, HIGHER, n_flows, n_bytes, note=note)
