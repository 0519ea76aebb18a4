"""The messages of a topic from a broker to verdicts: what fetching costs, and what judging."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from auditor.capacity.compiled import compiled
from auditor.capacity.message_shapes import refuse_rejected
from auditor.capacity.stopwatch import Stopwatch, slowed
from auditor.errors import SourceError
from auditor.flows.messages_options import MessageOptions
from auditor.service.judging import judge
from auditor.service.options import StreamOptions
from auditor.sources.kafka_messages import Partition
from auditor.sources.kafka_properties import read_settings
from auditor.sources.kafka_source import KafkaSource

if TYPE_CHECKING:
    from auditor.sources.kafka_settings import KafkaSettings

OTHERS = (
    "AUDITOR_TOPIC",
    "AUDITOR_GROUP",
    "AUDITOR_GROUP_INSTANCE_ID",
    "AUDITOR_PARTITIONS",
    "AUDITOR_SHARE",
)
"""Variables that say what the service reads, which is not what is read here."""
POLL_S, SILENT_S = 0.5, 30.0
"""How long one poll waits, and after how long without a message it is given up."""


def settings_for(brokers: str, properties: str | None, topic: str) -> KafkaSettings:
    """Return the settings of a reader of the only partition of a topic, who is in no group.

    Parameters
    ----------
    brokers : str
        As ``--brokers``.
    properties : str or None
        As ``--kafka-properties``: how to trust and be trusted, which the environment may say too.
    topic : str
        Which.
    """
    environment = {name: text for name, text in os.environ.items() if name not in OTHERS}
    found = read_settings({"brokers": brokers, "topic": topic, "partitions": "0"}, environment, properties)
    return replace(found, group=None, member=None)


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """Measure.

    Parameters
    ----------
    settings : dict
        ``policies``, ``inventory``, ``pod_cidrs``, ``own_node``; ``brokers``, ``properties``, ``topic``,
        ``n_messages``, ``vpc_format``, ``rounds``.

    Returns
    -------
    dict
        ``fetch``, ``judge`` (CPU seconds of this process, of each run), ``wall``, ``n_flows``, ``n_rows``.
    """
    tables, _ = compiled(settings)
    kafka = settings_for(settings["brokers"], settings["properties"], settings["topic"])
    options = StreamOptions(threads=1, messages=MessageOptions(vpc_format=settings["vpc_format"]))
    found: dict[str, Any] = {"fetch": [], "judge": [], "wall": []}
    slow = slowed()
    source = KafkaSource(kafka)
    place = Partition(settings["topic"], 0)
    try:
        source.take_changes()
        for turn in range(settings["rounds"] + 1):
            source.seek(place, 0)
            source.resume([place])
            n_flows, n_rows = 0, 0
            watch, wall, heard = Stopwatch(slow=slow), time.perf_counter(), time.monotonic()
            end = 0
            while end < settings["n_messages"]:
                groups = source.poll(POLL_S)
                watch.lap("fetch")
                for messages in groups:
                    totals = judge(tables, messages, options).tally.finish()
                    refuse_rejected(totals.n_rejected, "messages of this shape")
                    n_flows, n_rows, end = n_flows + totals.n_flows, n_rows + totals.n_rows, messages.end
                    heard = time.monotonic()
                watch.lap("messages")
                if time.monotonic() - heard > SILENT_S:
                    raise SourceError(
                        f"expected {settings['n_messages']} messages from the broker, came {end}"
                    )
            if turn:
                found["fetch"].append(watch.seconds["fetch"])
                found["judge"].append(watch.seconds["messages"])
                found["wall"].append(time.perf_counter() - wall)
            found |= {"n_flows": n_flows, "n_rows": n_rows}
    finally:
        source.close()
    return found
