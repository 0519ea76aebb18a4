"""Members of the service on a real broker, what was sent to it, and whether all of it came out once.

What is at an offset is known from the broker's own receipt for each message, not from reading the topic back.
"""

from __future__ import annotations

import signal
import uuid
from collections import Counter
from typing import NamedTuple

import pyarrow as pa
from confluent_kafka import ConsumerGroupTopicPartitions, Producer, TopicPartition

from auditor.service.segments import decode
from auditor.service.storage import LocalStorage
from auditor.service.verify import verify
from tests.service.processes import SECONDS, Process, until
from tests.service.streaming import KINDS, tables_of, value_of


class Outcome(NamedTuple):
    """What segments hold beside what was sent: places are partition and offset."""

    n_messages: int
    n_segments: int
    gaps: list
    broken: list
    lost: list
    twice: list


class Crew:
    """A topic, a folder of segments, policies, and the members that work on them.

    Attributes
    ----------
    sent : dict of int to dict of int to bytes
        The value at each offset of each partition that a member may see.
    """

    def __init__(self, node, folder, partitions=1, topic=None, **config):
        self.node, self.folder = node, folder
        self.topic = topic or f"t-{uuid.uuid4().hex[:8]}"
        self.group = f"g-{self.topic}"
        self.out = folder / "segments"
        self.n_partitions = partitions
        self.sent = {number: {} for number in range(partitions)}
        self.processes = []
        node.create(self.topic, partitions, **config)
        tables_of(folder / "cluster")
        self.properties = folder / "kafka.properties"
        self.properties.write_text("session.timeout.ms=3000\nrequest.timeout.ms=10000\n")
        self._producer = None

    def producer(self):
        """Return what sends messages."""
        if self._producer is None:
            options = {"bootstrap.servers": self.node.brokers, "enable.idempotence": True, "linger.ms": 2}
            self._producer = Producer(options | {"log_level": 0, "message.timeout.ms": 60_000})
        return self._producer

    def send(self, n, partition=None, values=None):
        """Send messages whose kind goes by their number, to one partition or to each, and wait for the receipts."""
        producer = self.producer()
        for number in range(self.n_partitions) if partition is None else [partition]:
            first = len(self.sent[number])
            for value in [value_of(first + i) for i in range(n)] if values is None else values:
                producer.produce(self.topic, value, partition=number, on_delivery=self.received)
                producer.poll(0)
        assert producer.flush(SECONDS) == 0

    def received(self, error, message):
        """Take the receipt for a message."""
        assert error is None, error
        self.sent[message.partition()][message.offset()] = message.value()

    def forget(self, partition, before):
        """Let the log of a partition begin later, as retention does."""
        admin = self.node.admin
        for future in admin.delete_records([TopicPartition(self.topic, partition, before)]).values():
            future.result(20)

    def flags(self, *flags, **named):
        """Return a command line; names without a value leave out what is usual."""
        usual = {
            "policies": self.folder / "cluster" / "policy.json",
            "inventory": self.folder / "cluster" / "cluster.json",
            "pod_cidr": "10.0.0.0/24",
            "brokers": self.node.brokers,
            "topic": self.topic,
            "group": self.group,
            "kafka_properties": self.properties,
            "out": self.out,
            "roll_seconds": 1,
            "reload_seconds": 1,
            "threads": 1,
            "log_format": "json",
            "http_address": "127.0.0.1:0",
        }
        given = {name: value for name, value in {**usual, **named}.items() if value is not None}
        pairs = [
            text for name, value in given.items() for text in (f"--{name.replace('_', '-')}", str(value))
        ]
        return ["stream", *pairs, *flags]

    def start(self, *flags, failpoints="", environment=None, **named):
        """Start a member."""
        folder = self.folder / f"member-{len(self.processes)}"
        process = Process(self.flags(*flags, **named), folder, failpoints, **(environment or {}))
        self.processes.append(process)
        return process

    def run_to_the_end(self, code=0, **named):
        """Let a member read all there is."""
        process = self.start("--until-end", **named)
        process.ended(code)
        return process

    def close(self):
        """End what still runs."""
        for each in self.processes:
            if each.child.poll() is None:
                each.signal(signal.SIGKILL)
                each.child.wait()

    def segments(self, partition=0, topic_id=None):
        """Return the segments of a partition, by offset."""
        folder = f"{topic_id or '*'}/p={partition}"
        paths = sorted((self.out / self.topic).glob(f"{folder}/*.arrow"), key=lambda path: path.name)
        return [decode(str(path.relative_to(self.out)), path.read_bytes()) for path in paths]

    def ends(self):
        """Return where each chain ends."""
        ends = dict.fromkeys(self.sent, 0)
        for number in self.sent:
            paths = (self.out / self.topic).glob(f"*/p={number}/*.arrow")
            if newest := max(paths, key=lambda path: path.name, default=None):
                ends[number] = decode(str(newest.relative_to(self.out)), newest.read_bytes()).facts.end
        return ends

    def wanted(self):
        """Return where each chain must end at least."""
        return {number: max(sent, default=-1) + 1 for number, sent in self.sent.items()}

    def until_written(self, seconds=SECONDS):
        """Wait until all that was sent is in segments."""
        wanted = self.wanted()

        def is_written():
            return all(end >= wanted[number] for number, end in self.ends().items())

        until(is_written, seconds, of=lambda: self.story(wanted))

    def story(self, *more):
        """Return what everybody has said."""
        return "\n".join(map(str, (*more, self.ends(), *(each.text for each in self.processes))))

    def committed(self):
        """Return what the group was told."""
        admin = self.node.admin
        places = [TopicPartition(self.topic, number) for number in self.sent]
        asked = ConsumerGroupTopicPartitions(self.group, places)
        (answer,) = admin.list_consumer_group_offsets([asked]).values()
        return {each.partition: each.offset for each in answer.result(20).topic_partitions}

    def check(self, missing=()):
        """Compare all segments with what was sent: every offset once, save those ``missing`` by partition and range."""
        outcome = self.outcome()
        assert outcome.gaps == list(missing)
        assert (outcome.broken, outcome.lost, outcome.twice) == ([], [], []), self.story()

    def outcome(self):
        """Return what the segments hold, and in what they differ from what was sent."""
        storage = LocalStorage(self.out, create=False)
        proof = verify(storage)
        storage.close()
        broken = [found for found in proof.found if found.level == "error"]
        ends = {each.name.partition: each.end for each in proof.partitions}
        rows, letters, gaps, counts, n_segments = Counter(), Counter(), [], Counter(), 0
        for number in self.sent:
            for segment in self.segments(number):
                facts, n_segments = segment.facts, n_segments + 1
                counts.update(facts.counts)
                if facts.gap is not None:
                    gaps.append((number, facts.start, facts.end, facts.gap))
                rows.update((number, offset) for offset in segment.table["offset"].to_pylist())
                for side in facts.dead_letters:
                    letters.update((number, offset) for offset in _offsets(self.out / side.name))
        seen = {
            (number, offset): value
            for number, sent in self.sent.items()
            for offset, value in sent.items()
            if not any(number == gap[0] and gap[1] <= offset < gap[2] for gap in gaps)
        }
        kinds = {place: KIND_OF[value] for place, value in seen.items()}
        lost, twice = [], []
        for found, kind in ((rows, "violation"), (letters, "broken")):
            wanted = Counter(place for place, its in kinds.items() if its == kind)
            lost += (wanted - found).elements()
            twice += (found - wanted).elements()
        for what, is_so in (
            ("messages are counted once", counts["messages"] == len(kinds)),
            ("rows are counted once", counts["violation"] == sum(rows.values())),
            (
                "chains end behind the last",
                all(ends.get(at, 0) > max(its, default=-1) for at, its in self.sent.items()),
            ),
            ("no more was committed", all(end <= ends.get(at, 0) for at, end in self.committed().items())),
        ):
            broken += [] if is_so else [what]
        return Outcome(len(kinds), n_segments, gaps, broken, sorted(lost), sorted(twice))


KIND_OF = {value_of(offset): kind for offset, kind in enumerate(KINDS)}
"""What the messages of a test are, by their bytes."""


def _offsets(path):
    return pa.ipc.open_file(path.read_bytes()).read_all()["offset"].to_pylist()
