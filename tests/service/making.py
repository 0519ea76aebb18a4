"""Segments of a made-up topic, writers of them, and the oracle that knows what must stand in the files.

The oracle reads files with Arrow and JSON alone: it shares no code with what it checks, save the columns.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from contextlib import suppress

import pyarrow as pa

from auditor.errors import SinkError
from auditor.service.chain import Chain, Published
from auditor.service.facts import SegmentFacts
from auditor.service.position import start_at
from auditor.service.segments import ROWS
from auditor.service.storage import LocalStorage

TOPIC, ID = "flows", "x7Yz-_topicid"
FOLDER = f"{TOPIC}/{ID}/p=0/"
HOUR_MS = 3_600_000


def rows_of(offset):
    """Return how many rows the message at an offset gives: none, one or two."""
    return (1, 0, 2, 0, 1)[offset % 5]


def table_of(start, end, partition=0):
    """Return the rows of a segment."""
    offsets = [offset for offset in range(start, end) for _ in range(rows_of(offset))]
    known = {
        "finding": ["VIOLATION"] * len(offsets),
        "src_ip": [f"10.0.0.{offset % 9}" for offset in offsets],
        "bytes": [None if offset % 2 else offset for offset in offsets],
        "topic": [TOPIC] * len(offsets),
        "partition": [partition] * len(offsets),
        "offset": offsets,
    }
    return pa.table(
        [
            pa.array(known[field.name], pa.string()).dictionary_encode().cast(field.type)
            if pa.types.is_dictionary(field.type) and field.name in known
            else pa.array(known.get(field.name, [None] * len(offsets)), field.type)
            for field in ROWS
        ],
        schema=ROWS,
    )


def segment_of(start, end, writer="w", created_ms=0, partition=0, **facts):
    """Return facts and rows of a segment."""
    table = table_of(start, end, partition)
    n_rows = table.num_rows
    counts = {"messages": end - start, "flows": n_rows + 3, "violation": n_rows, "permitted": 3}
    made = {"policies": "p1", "tables": "t1", "first_ms": start, "last_ms": end, "counts": counts, **facts}
    return (
        SegmentFacts(
            topic=TOPIC,
            topic_id=ID,
            partition=partition,
            start=start,
            end=end,
            writer=writer,
            created_ms=created_ms,
            n_rows=n_rows,
            **made,
        ),
        table,
    )


def chain_of(storage, partition=0):
    """Return the chain of a partition."""
    return Chain(storage, TOPIC, ID, partition)


def write_chain(storage, ends, created_ms=0, every_ms=0):
    """Write segments from 0 to each of ``ends``; return the names of their files."""
    chain = chain_of(storage)
    position = chain.begin(0, "w", 0)
    names = []
    for number, end in enumerate(ends):
        outcome = chain.publish(*segment_of(position, end, created_ms=created_ms + number * every_ms))
        assert isinstance(outcome, Published)
        names.append(outcome.name)
        position = end
    return names


def disagreements(contents, end=None, first=0):
    """Return in what a folder differs from the reference: breaks of the tiling, and rows too many or too few.

    Parameters
    ----------
    contents : dict of str to bytes
        Files by name.
    end : int or None
        Where the chain must end.
    first : int
        Where it begins.
    """
    files = []
    for name, content in contents.items():
        if name.startswith(FOLDER) and name.endswith(".arrow"):
            reader = pa.ipc.open_file(pa.BufferReader(content))
            facts = json.loads(reader.metadata[b"auditor.segment"])
            own = [[facts["start"], facts["end"], reader.metadata[b"auditor.checksum"].decode()]]
            parts = [[part["start"], part["end"], part["checksum"]] for part in facts["parts"]] or own
            files.append((facts, parts, reader.read_all()))
    found = []
    counting = [
        file
        for file in files
        if not any(
            other is not file and len(other[1]) > len(file[1]) and all(part in other[1] for part in file[1])
            for other in files
        )
    ]
    position, gaps = first, set()
    for facts, _, _ in sorted(counting, key=lambda file: file[0]["start"]):
        if facts["start"] != position:
            found.append(f"break: {position} != {facts['start']}")
        position = facts["end"]
        if facts["gap"]:
            gaps |= set(range(facts["start"], facts["end"]))
    if end is not None and position != end:
        found.append(f"end: {position} != {end}")
    rows = Counter(offset for _, _, table in counting for offset in table["offset"].to_pylist())
    reference = Counter(
        {
            offset: rows_of(offset)
            for offset in range(first, position)
            if offset not in gaps and rows_of(offset)
        }
    )
    if rows != reference:
        found.append(f"rows: {rows.total()} != {reference.total()}")
    return found


def contents_of(folder):
    """Return the files below a folder, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".tmp-")
    }


def write_on(storage, end, step, writer, created_ms=0):
    """Do what a consumer does: go on from the end of the chain until ``end``."""
    chain = chain_of(storage)
    position = start_at(chain, None, 0, writer, created_ms, "fail").offset
    while position < end:
        position = chain.publish(*segment_of(position, min(position + step, end), writer, created_ms)).end


class Faults:
    """The ``os`` module, in which chosen calls fail.

    Parameters
    ----------
    failing : dict of str to (int, OSError)
        By name of a function, which call of it fails, from 0, and how.
    """

    def __init__(self, failing):
        self.failing = dict(failing)
        self.calls = Counter()

    def __getattr__(self, name):
        """Return a function of ``os`` that may fail."""
        import os

        real = getattr(os, name)
        if name not in self.failing:
            return real

        def call(*arguments, **named):
            number, error = self.failing[name]
            self.calls[name] += 1
            if self.calls[name] - 1 == number:
                raise error
            return real(*arguments, **named)

        return call


class ScriptedStorage:
    """A storage in memory that is told what comes of creating, and whose listings may be late.

    Attributes
    ----------
    objects : dict of str to bytes
        What is in it.
    outcomes : list of str
        What comes of the next creations: ``ok``, ``before`` (fails, nothing written), ``after`` (written, and fails).
    late : set of str
        Names that listings do not show yet.
    now_s : float
        Its clock.
    interlude : callable or None
        Called once, just before the next creation takes place: what others do while this writer is paused.
    """

    place = "memory"

    def __init__(self):
        self.objects = {}
        self.written_s = {}
        self.outcomes = []
        self.late = set()
        self.now_s = 0.0
        self.interlude = None

    def create(self, name, content):
        """Create an object as told."""
        interlude, self.interlude = self.interlude, None
        if interlude is not None:
            interlude()
        outcome = self.outcomes.pop(0) if self.outcomes else "ok"
        if outcome == "before":
            raise SinkError("as told")
        is_free = name not in self.objects
        if is_free:
            self.objects[name] = content
            self.written_s[name] = self.now_s
        if outcome == "after":
            raise SinkError("as told")
        return self.objects[name] == content

    def replace(self, name, content):
        """Write a hint."""
        self.objects[name] = content
        self.written_s[name] = self.now_s

    def read(self, name):
        """Read."""
        return self.objects.get(name)

    def names(self, prefix, after=""):
        """List."""
        return sorted(n for n in self.objects if n.startswith(prefix) and n > after and n not in self.late)

    def modified_s(self, name):
        """Tell the time of writing."""
        return self.written_s[name] if name in self.objects else None

    def remove(self, name):
        """Remove."""
        self.objects.pop(name, None)


def control(folder, end, step):
    """Do what must not be done: names that carry start and end, published by a plain rename."""
    from auditor.service.failpoints import hit
    from auditor.service.segments import encode

    place = folder / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    position = max((int(path.stem.split("-")[1]) for path in place.glob("*-*.arrow")), default=0)
    while position < end:
        facts, table = segment_of(position, min(position + step, end))
        temporary = place / f".tmp-{position}"
        temporary.write_bytes(encode(facts, table))
        hit("storage.before-link")
        with suppress(FileNotFoundError):
            temporary.rename(place / f"{facts.start:020}-{facts.end:020}.arrow")
        position = facts.end


if __name__ == "__main__":
    from pathlib import Path

    from auditor.service.compact import compact
    from auditor.service.gaps import RETENTION, publish_gap

    task, target, *numbers = sys.argv[1:]
    if task == "control":
        control(Path(target), *map(int, numbers))
    elif task == "compact":
        compact(LocalStorage(Path(target)), "c", float(numbers[0]), 0)
    elif task == "gap":
        chain = chain_of(LocalStorage(Path(target)))
        publish_gap(chain, chain.end(), int(numbers[0]), RETENTION, "g", 0)
    else:
        write_on(LocalStorage(Path(target)), int(numbers[0]), int(numbers[1]), task)
