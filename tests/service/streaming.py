"""A cluster of two pods, topics in memory, and members of the service that read them; the oracle of what must come out.

A message at an offset is a violation, a flow that is permitted, nothing, or no flow at all, by its number alone.
"""

from __future__ import annotations

import json
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pyarrow as pa

import auditor
from auditor.errors import SourceError
from auditor.service.health import Health
from auditor.service.loop import Service
from auditor.service.member import Member
from auditor.service.metrics import Metrics
from auditor.service.options import StreamOptions
from auditor.sources.kafka_messages import Changes, Messages, OutOfRange, Partition
from kernels.memory import PADDING

TOPIC, ID = "flows", "x7Yz-_topicid"
PLACE = Partition(TOPIC, 0)
KINDS = ("violation", "permitted", "violation", "null", "broken")
"""By offset, again and again."""

_POLICY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "closed", "namespace": "pay"},
    "spec": {
        "podSelector": {},
        "policyTypes": ["Ingress"],
        "ingress": [{"ports": [{"port": 443, "protocol": "TCP"}]}],
    },
}


def _pod(name, namespace, address):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {"nodeName": "n"},
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
    }


def _namespace(name):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def tables_of(folder, ports=(443,)):
    """Return tables of two pods, one of which lets in TCP on some ports only."""
    folder.mkdir(parents=True, exist_ok=True)
    _POLICY["spec"]["ingress"] = [{"ports": [{"port": port, "protocol": "TCP"} for port in ports]}]
    (folder / "policy.json").write_text(json.dumps(_POLICY))
    pods = [_pod("web", "shop", "10.0.0.1"), _pod("db", "pay", "10.0.0.3")]
    items = [_namespace("shop"), _namespace("pay"), *pods]
    (folder / "cluster.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    return auditor.compile(folder / "policy.json", folder / "cluster.json", pod_networks=["10.0.0.0/24"])


def value_of(offset):
    """Return the message at an offset."""
    kind = KINDS[offset % len(KINDS)]
    if kind == "null":
        return None
    if kind == "broken":
        return b"2 1 eni-1 10.0.0.1 10.0.0.3 40000 nonsense 6 9 900 1700000000 1700000060 ACCEPT OK"
    port = 443 if kind == "permitted" else 5432
    return f"2 1 eni-1 10.0.0.1 10.0.0.3 40000 {port} 6 9 900 1700000000 1700000060 ACCEPT OK".encode()


def messages_of(offsets, start, end, partition=0):
    """Return the messages at some offsets."""
    values = [value_of(offset) for offset in offsets]
    lengths = np.array([-1 if value is None else len(value) for value in values])
    sizes = np.maximum(lengths, 0)
    content = b"".join(filter(None, values))
    return Messages(
        TOPIC,
        partition,
        values=np.frombuffer(bytearray(content + bytes(PADDING)), dtype=np.uint8),
        starts=np.cumsum(sizes) - sizes,
        lengths=lengths,
        offsets=np.array(offsets, dtype=np.int64),
        timestamps_ms=np.full(len(offsets), 1_700_000_000_000, dtype=np.int64),
        formats=(),
        format_codes=np.full(len(offsets), -1, dtype=np.int8),
        start=start,
        end=end,
    )


class Broker:
    """Partitions of a topic, and what the group was told.

    Attributes
    ----------
    ends, firsts : dict of Partition to int
        Where each log ends and begins.
    gone : set of int
        Offsets that compaction removed.
    committed : dict of Partition to int
        What the group was told.
    topic_id : str
        Of the topic.
    """

    def __init__(self, ends):
        self.ends = {Partition(TOPIC, number): end for number, end in enumerate(ends)}
        self.firsts = dict.fromkeys(self.ends, 0)
        self.gone = set()
        self.committed, self.notes = {}, {}
        self.topic_id = ID


class ScriptedSource:
    """A member's view of a broker: it owns what it is given, and gets messages where it has sought.

    Attributes
    ----------
    failures : dict of str to int
        How many calls of a method fail from now on.
    stale : list of Messages
        Come with the next poll, whatever was sought meanwhile.
    """

    def __init__(self, broker, at_once=7):
        self.broker = broker
        self.at_once = at_once
        self.failures = Counter()
        self.positions = {}
        self.paused = set()
        self.is_closed = False
        self.stale = []
        self._new, self._revoked, self._lost, self._out = [], [], [], []

    def give(self, partition):
        """Assign a partition."""
        self.paused.add(partition)
        self.positions[partition] = None
        self._new.append(partition)

    def take_back(self, partition, *, is_lost=False):
        """Revoke a partition, or take it away unasked."""
        self.positions.pop(partition)
        self._new = [each for each in self._new if each != partition]
        (self._lost if is_lost else self._revoked).append(partition)

    def _fail(self, name):
        if self.failures[name] > 0:
            self.failures[name] -= 1
            raise SourceError(f"scripted failure of {name}")

    def poll(self, timeout_s):  # noqa: ARG002 - nobody waits here
        """Return what comes next of everything that is not paused."""
        self._fail("poll")
        found, self.stale = self.stale, []
        for partition, position in self.positions.items():
            if partition in self.paused:
                continue
            if not self.broker.firsts[partition] <= position <= self.broker.ends[partition]:
                self.paused.add(partition)
                self._out.append(OutOfRange(partition, position, "scripted"))
                continue
            end = min(position + self.at_once, self.broker.ends[partition])
            if end > position:
                offsets = [offset for offset in range(position, end) if offset not in self.broker.gone]
                found.append(messages_of(offsets, position, end, partition.number))
                self.positions[partition] = end
        return found

    def take_changes(self):
        """Return what happened since the last call."""
        changes = Changes(tuple(self._revoked), tuple(self._lost), tuple(self._new), tuple(self._out))
        self._new, self._revoked, self._lost, self._out = [], [], [], []
        return changes

    def seek(self, partition, offset):
        """Go on at an offset."""
        self._fail("seek")
        if partition not in self.positions:
            raise SourceError("not this member's any more")
        self.positions[partition] = offset

    def pause(self, partitions):
        """Deliver nothing of these."""
        self.paused.update(partitions)

    def resume(self, partitions):
        """Deliver these."""
        for partition in partitions:
            assert self.positions[partition] is not None
            self.paused.discard(partition)

    def commit(self, offsets, topic_ids):
        """Tell the group."""
        self._fail("commit")
        self.broker.committed.update(offsets)
        self.broker.notes.update(topic_ids)

    def committed(self, partition, topic_id):
        """Return what the group was told."""
        self._fail("committed")
        is_of_another = self.broker.notes.get(partition, topic_id) != topic_id
        return None if is_of_another else self.broker.committed.get(partition)

    def bounds(self, partition):
        """Return where the log begins and ends."""
        self._fail("bounds")
        return self.broker.firsts[partition], self.broker.ends[partition]

    def topic_id(self, topic):  # noqa: ARG002 - there is one
        """Return the id of the topic."""
        self._fail("topic_id")
        return self.broker.topic_id

    def close(self, *, leave=True):
        """Let go of everything."""
        self.is_closed = True
        self.left = leave


class FakeClock:
    """Time that goes by where somebody waits, and where a test says so."""

    def __init__(self):
        self.seconds = 1000.0

    def now_s(self):
        """Return seconds."""
        return self.seconds

    def now_ms(self):
        """Return milliseconds since 1970."""
        return 1_700_000_000_000 + round(self.seconds * 1000)

    def sleep(self, seconds):
        """Let time go by."""
        self.seconds += seconds


def member(broker, storage, tables, writer="w", newer=None, **options):
    """Return a member of the service, with its source and clock."""
    chosen = {"roll_s": 60.0, "poll_s": 0.001, "threads": 1, **options}
    source = ScriptedSource(broker)
    clock = FakeClock()
    health = Health()
    metrics = Metrics()
    its = Member(source, storage, writer, StreamOptions(**chosen), metrics, clock)
    service = Service(its, tables, newer or SimpleNamespace(take=lambda: None), health)
    return SimpleNamespace(
        service=service, source=source, clock=clock, health=health, metrics=metrics, gaps=its.gaps
    )


def disagreements(contents, partition=0, first=0, end=None, topic_id=ID):
    """Return in what the files of a partition differ from the reference.

    Parameters
    ----------
    contents : dict of str to bytes
        Files by name.
    partition : int
        Whose.
    first, end : int
        Where the chain must begin and end.
    topic_id : str
        Of the topic.
    """
    found, rows, letters = [], Counter(), Counter()
    position, gaps = first, set()
    folder = f"{TOPIC}/{topic_id}/p={partition}/"
    for name in sorted(contents):
        if not (name.startswith(folder) and name.endswith(".arrow")):
            continue
        reader = pa.ipc.open_file(pa.BufferReader(contents[name]))
        facts = json.loads(reader.metadata[b"auditor.segment"])
        if facts["start"] != position:
            found.append(f"break: {position} != {facts['start']}")
        position = facts["end"]
        if facts.get("gap"):
            gaps |= set(range(facts["start"], facts["end"]))
        rows.update(reader.read_all()["offset"].to_pylist())
        for side in facts["dead_letters"]:
            letters.update(pa.ipc.open_file(contents[side["name"]]).read_all()["offset"].to_pylist())
    if end is not None and position != end:
        found.append(f"end: {position} != {end}")
    read = [offset for offset in range(first, position) if offset not in gaps]
    for what, ours, kind in (("rows", rows, "violation"), ("letters", letters, "broken")):
        if ours != (expected := Counter(offset for offset in read if KINDS[offset % len(KINDS)] == kind)):
            found.append(
                f"{what}: {sorted((ours - expected).items())} more, {sorted((expected - ours).items())} less"
            )
    return found
