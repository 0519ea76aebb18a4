"""Messages of a real broker to columns and to verdicts, one core, beside the clients that others would use."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lines import Line
from measuring import Contender, interleaved, ratios, run_child, serve

from auditor.capacity.peers.hubble import check_seen
from auditor.capacity.peers.hubble_readers import columns_of, seen_columns
from auditor.capacity.peers.hubble_structs import Event

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from auditor.sources.kafka_messages import Messages

EVENTS, QUICK_EVENTS = 150_000, 40_000
ARROW_MESSAGES, QUICK_ARROW_MESSAGES = 2_000, 400
WARM_EVENTS, WARM_ARROW = 2_000, 20
LEAST = {"kafka-python, msgspec to columns": 6.0, "confluent-kafka consume, msgspec to columns": 2.0}
LEAST_ARROW, LEAST_JUDGED = 3e6, 0.5e6


def given(path: str) -> dict[str, Any]:
    """Return what a file of ``kafka_topics.fill`` says."""
    found: dict[str, Any] = json.loads(Path(path).read_text())
    return found


def fetched(path: str) -> Iterator[Messages]:
    """Yield all messages of a topic as the service gets them."""
    from auditor.sources.kafka_messages import Partition  # noqa: PLC0415
    from auditor.sources.kafka_settings import KafkaSettings  # noqa: PLC0415
    from auditor.sources.kafka_source import KafkaSource  # noqa: PLC0415

    topic = given(path)
    source = KafkaSource(KafkaSettings((topic["brokers"],), (topic["topic"],), partitions=(0,)))
    source.take_changes()
    place = Partition(topic["topic"], 0)
    source.seek(place, 0)
    source.resume([place])
    position = 0
    while position < topic["n"]:
        for messages in source.poll(1.0):
            position = messages.end
            yield messages
    source.close()


def decoded(path: str) -> tuple[list[Any], str]:
    """Decode all messages of a topic to columns."""
    from auditor.flows.messages import MessageOptions, decode_messages  # noqa: PLC0415

    options = MessageOptions()
    return [part.flows for each in fetched(path) for part in decode_messages(each, options)], path


def check_decoded(done: tuple[list[Any], str]) -> dict[str, Any]:
    """Return what must be equal."""
    batches, path = done
    observed: dict[str, int] = {}
    for batch in batches:
        for code in batch.observed.tolist():
            observed[str(code)] = observed.get(str(code), 0) + 1
    return {
        "rows": sum(batch.account.n_rows for batch in batches),
        "flows": sum(batch.n_flows for batch in batches),
        "ports": sum(
            int(batch.src_port.sum(dtype="int64") + batch.dst_port.sum(dtype="int64")) for batch in batches
        ),
        "observed": dict(sorted(observed.items())),
        "n_bytes": given(path)["n_bytes"],
    }


def judged(path: str) -> tuple[list[Any], str]:
    """Fetch all, then judge what was fetched: the second part is what is timed by ``lines``."""
    import inputs  # noqa: PLC0415

    import auditor  # noqa: PLC0415
    from auditor.service.judging import judge  # noqa: PLC0415
    from auditor.service.options import StreamOptions  # noqa: PLC0415

    cluster = inputs.cluster()
    tables = auditor.compile(cluster / "policies", cluster / "cluster.json", own_node="judge")
    held, options = list(fetched(path)), StreamOptions()
    cpu = time.process_time()
    found = [judge(tables, each, options) for each in held]
    return [time.process_time() - cpu, found], path


def check_judged(done: tuple[list[Any], str]) -> dict[str, Any]:
    """Return the flows, and the CPU time of judging them."""
    (cpu_s, found), path = done
    totals = [each.tally.finish() for each in found]
    return {
        "rows": sum(each.n_rows for each in totals),
        "flows": sum(each.n_flows for each in totals),
        "judging_s": cpu_s,
        "n_bytes": given(path)["n_bytes"],
    }


def by_kafka_python(path: str) -> Any:  # noqa: ANN401  a table
    """Iterate as the client's own documents do."""
    import msgspec  # noqa: PLC0415
    from kafka import KafkaConsumer  # noqa: PLC0415
    from kafka.structs import TopicPartition  # noqa: PLC0415

    topic = given(path)
    consumer = KafkaConsumer(
        bootstrap_servers=topic["brokers"], enable_auto_commit=False, max_poll_records=10_000
    )
    consumer.assign([TopicPartition(topic["topic"], 0)])
    consumer.seek_to_beginning()
    decode = msgspec.json.Decoder(Event).decode
    events = []
    for record in consumer:
        events.append(decode(record.value))
        if len(events) == topic["n"]:
            break
    consumer.close()
    return columns_of(events)


def by_confluent(path: str) -> Any:  # noqa: ANN401  a table
    """Consume in large lists: the quickest that the client of librdkafka offers."""
    import msgspec  # noqa: PLC0415
    from confluent_kafka import Consumer, TopicPartition  # noqa: PLC0415

    topic = given(path)
    consumer = Consumer(
        {"bootstrap.servers": topic["brokers"], "group.id": "bench", "enable.auto.commit": False}
    )
    consumer.assign([TopicPartition(topic["topic"], 0, 0)])
    decode = msgspec.json.Decoder(Event).decode
    events: list[Event] = []
    while len(events) < topic["n"]:
        events.extend(decode(each.value()) for each in consumer.consume(10_000, 1.0))
    consumer.close()
    return columns_of(events)


CONTENDERS = {
    "": Contender(decoded, check_decoded),
    "kafka-python, msgspec to columns": Contender(
        by_kafka_python, lambda table: check_seen(seen_columns(table))
    ),
    "confluent-kafka consume, msgspec to columns": Contender(
        by_confluent, lambda table: check_seen(seen_columns(table))
    ),
    "judged": Contender(judged, check_judged),
}


def lines(chosen: argparse.Namespace) -> Iterator[Line]:
    """Measure, and yield the lines of the table."""
    import inputs  # noqa: PLC0415  not for the measured processes
    from kafka_topics import ARROW_ROWS, arrow_values, broker, fill  # noqa: PLC0415

    n_events = QUICK_EVENTS if chosen.quick else EVENTS
    values = inputs.log("hubble-json", n_events).read_bytes().splitlines()
    with broker() as node:
        if node is None:
            return
        warm = fill(node, "warm", values[:WARM_EVENTS], "none")
        for codec in ("none", "zstd"):
            path = fill(node, f"hubble-{codec}", values, codec)
            samples = interleaved(__file__, ["", *LEAST], path, warm, chosen.runs)
            what = f"{n_events:,} events, one a message, {codec}, to columns, 1 core"
            yield Line("Kafka JSON", what, "", "cpu_s", samples[""])
            for peer, least in LEAST.items():
                ratio = ratios(samples[""], samples[peer], "cpu_s")[0]
                yield Line(
                    *("Kafka JSON", what, peer, "cpu_s", samples[peer], samples[""]),
                    f">= {least:g} x",
                    ratio >= least,
                )
        found = [run_child(__file__, "judged", path, warm, is_checked=True) for _ in range(chosen.runs)]
        found = [replace(each, cpu_s=each.checks["judging_s"]) for each in found]
        line = Line("Kafka JSON", "the same, from record batches to verdicts, no network", "", "cpu_s", found)
        yield replace(
            line, promised=f">= {LEAST_JUDGED / 1e6:g} M rows/s", holds=line.rows_a_second >= LEAST_JUDGED
        )
        n_messages = QUICK_ARROW_MESSAGES if chosen.quick else ARROW_MESSAGES
        warm = fill(node, "warm-arrow", arrow_values(WARM_ARROW), "none")
        path = fill(node, "arrow", arrow_values(n_messages), "none")
        samples = interleaved(__file__, [""], path, warm, chosen.runs)
        what = f"{n_messages:,} messages of {ARROW_ROWS:,} rows, to columns, 1 core"
        line = Line("Kafka Arrow", what, "", "cpu_s", samples[""])
        yield replace(
            line, promised=f">= {LEAST_ARROW / 1e6:g} M rows/s", holds=line.rows_a_second >= LEAST_ARROW
        )


if __name__ == "__main__" and not serve(CONTENDERS):
    from table import main

    main([Path(__file__).stem])
