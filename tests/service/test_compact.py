"""Merging: what is merged, what is left alone, and that nothing is lost when two do it."""

from __future__ import annotations

import pytest

from auditor.service.compact import compact
from auditor.service.cover import cover
from auditor.service.segments import decode, encode
from auditor.service.verify import verify
from tests.service.making import (
    FOLDER,
    HOUR_MS,
    ScriptedStorage,
    chain_of,
    contents_of,
    disagreements,
    segment_of,
    write_chain,
)

DAY_S = 24 * 3600
LATER_S = 1_000_000.0
MERGED = f"{FOLDER}{0:020}-{12:020}.arrow"


def plain(*starts):
    """Return the names of segments."""
    return [f"{FOLDER}{start:020}.arrow" for start in starts]


def segments_of(storage):
    """Return the names of segments that are there."""
    return [name for name in storage.names("") if name.endswith(".arrow")]


def test_compact__merges_an_hour():
    """One file holds rows, counters and chain of an hour; the newest stays, and a second run does nothing."""
    storage = ScriptedStorage()
    write_chain(storage, [5, 9, 12, 20], every_ms=60_000)
    before = verify(storage).partitions[0]
    result = compact(storage, "c", LATER_S)
    assert (result.merged, result.removed, result.problems) == ([MERGED], plain(0, 5, 9), [])
    assert segments_of(storage) == [MERGED, *plain(12)]
    facts = decode(MERGED, storage.read(MERGED)).facts
    assert [(part.start, part.end, part.previous) for part in facts.parts] == [
        (0, 5, None),
        (5, 9, 0),
        (9, 12, 5),
    ]
    assert (facts.writer, facts.created_ms, facts.first_ms, facts.last_ms) == ("c", 120_000, 0, 12)
    after = verify(storage)
    assert after.found == []
    assert after.partitions[0].counts == before.counts
    assert disagreements(storage.objects, 20) == []
    assert compact(storage, "d", LATER_S).merged == []
    # The chain goes on.
    chain = chain_of(storage)
    chain.first()
    chain.publish(*segment_of(20, 23))
    assert verify(storage).found == []


@pytest.mark.parametrize("young", ["writer", "storage"])
def test_compact__leaves_the_young_alone(young):
    """A file that either clock calls young stays: its writer's twin may be paused."""
    storage = ScriptedStorage()
    if young == "storage":
        storage.now_s = LATER_S - DAY_S + 1
    created_ms = int((LATER_S - DAY_S) * 1000) + 1 if young == "writer" else 0
    write_chain(storage, [5, 9, 12], created_ms=created_ms)
    assert compact(storage, "c", LATER_S).merged == []
    storage.now_s = 0
    assert len(compact(storage, "c", LATER_S + DAY_S).merged) == 1


def test_compact__keeps_apart_what_differs():
    """Hours, policies and gaps have files of their own, and a merged file has so many rows at most."""
    storage = ScriptedStorage()
    write_chain(storage, [5, 9, 12, 15, 18, 21], every_ms=HOUR_MS // 2)
    assert compact(storage, "c", LATER_S).merged == [
        f"{FOLDER}{start:020}-{end:020}.arrow" for start, end in ((0, 9), (9, 15))
    ]
    storage = ScriptedStorage()
    chain = chain_of(storage)
    chain.begin(0, "w", 0)
    chain.publish(*segment_of(0, 5))
    chain.publish(*segment_of(5, 9, policies="p2"))
    from auditor.service.gaps import RETENTION, publish_gap

    publish_gap(chain, 9, 11, RETENTION, "w", 0)
    for start in (11, 14, 17):
        chain.publish(*segment_of(start, start + 3))
    assert compact(storage, "c", LATER_S, max_rows=1).merged == []
    assert compact(storage, "c", LATER_S).merged == [f"{FOLDER}{11:020}-{17:020}.arrow"]
    assert [(one.level, one.kind) for one in verify(storage).found] == [("gap", "retention")]


def test_compact__leaves_alone_what_is_not_sound():
    """Damage is told, and neither merged nor removed, nor is garbage that it may name."""
    storage = ScriptedStorage()
    names = write_chain(storage, [5, 9, 12, 15])
    storage.create(f"{FOLDER}.tmp-1", b"")
    storage.objects[names[0]] = storage.objects[names[0]][:50]
    result = compact(storage, "c", LATER_S)
    torn = f"the file of a segment is torn: it has 50 bytes and no end - at {names[0]}"
    assert (result.problems, result.merged) == ([torn], [f"{FOLDER}{5:020}-{12:020}.arrow"])
    assert f"{FOLDER}.tmp-1" in storage.objects
    storage = ScriptedStorage()
    names = write_chain(storage, [5, 9, 12])
    facts, table = segment_of(5, 9, previous=0, counts={"flows": 1})
    storage.objects[names[1]] = encode(facts, table)
    before = dict(storage.objects)
    result = compact(storage, "c", LATER_S)
    assert [problem.rpartition(" - at ")[2] for problem in result.problems] == [names[1]] * 2
    assert storage.objects == before
    content = bytearray(encode(*segment_of(5, 9, previous=0)))
    content[len(content) // 3] ^= 255
    storage.objects[names[1]] = bytes(content)
    assert compact(storage, "c", LATER_S).merged == []


def test_compact__gives_way_to_another():
    """Of two that run at once, whoever sees the other's file gives way, and nothing is lost."""
    storage = ScriptedStorage()
    write_chain(storage, [5, 9, 12, 20])
    others = []

    def other():
        storage.interlude = None
        # A compaction that lists late, and so does not see the first segment.
        storage.late = set(plain(0))
        others.append(compact(storage, "other", LATER_S))
        storage.late = set()

    storage.interlude = other
    # Room for the first two segments only, so that neither holds all of the other.
    result = compact(storage, "c", LATER_S, max_rows=7)
    theirs = f"{FOLDER}{5:020}-{12:020}.arrow"
    assert others[0].merged == [theirs]
    assert result.problems == [f"another compaction merged the same segments - at {theirs}"]
    assert disagreements(storage.objects, 20) == []
    assert segments_of(storage) == [*plain(0), theirs, *plain(12)]
    assert compact(storage, "d", LATER_S).merged == [MERGED]
    assert disagreements(storage.objects, 20) == []


def test_compact__counts_the_same_work_of_another():
    """Two that merge the same segments at once leave one file."""
    storage = ScriptedStorage()
    write_chain(storage, [5, 9, 12, 20])
    storage.interlude = lambda: compact(storage, "other", LATER_S)
    assert compact(storage, "c", LATER_S).problems == []
    assert segments_of(storage) == [MERGED, *plain(12)]
    assert disagreements(storage.objects, 20) == []


def test_compact__refuses_a_merged_file_of_others():
    """A file under the name that holds other segments stays, and so do the segments."""
    storage = ScriptedStorage()
    write_chain(storage, [5, 9, 12, 20])
    facts, table = segment_of(0, 12)
    import msgspec

    from auditor.service.facts import Part

    facts = msgspec.structs.replace(facts, parts=(Part(0, 12, "x", None),))
    storage.interlude = lambda: storage.objects.update({MERGED: encode(facts, table)})
    result = compact(storage, "c", LATER_S)
    assert result.problems == [f"expected the merged segments, found others - at {MERGED}"]
    assert set(plain(0, 5, 9, 12)) <= set(storage.objects)


def test_compact__removes_what_a_dead_one_left():
    """Superseded files go once the merged file has been there for a while."""
    storage = ScriptedStorage()
    write_chain(storage, [5, 9, 12, 20])
    kept = dict(storage.objects)
    storage.now_s = LATER_S
    compact(storage, "c", LATER_S)
    for name in plain(0, 5, 9):
        storage.objects[name] = kept[name]
        storage.written_s[name] = 0
    assert [one.kind for one in verify(storage).found] == ["superseded"] * 3
    assert compact(storage, "d", LATER_S).removed == []
    assert compact(storage, "d", LATER_S + 3601).removed == plain(0, 5, 9)
    assert verify(storage).found == []


def test_compact__stops_where_a_file_vanishes():
    """A file that another removed while it was to be merged stops that merge."""

    class Vanishing(ScriptedStorage):
        n_reads = 0

        def read(self, name):
            if name == plain(5)[0]:
                self.n_reads += 1
                if self.n_reads > 3:
                    return None
            return super().read(name)

    storage = Vanishing()
    write_chain(storage, [5, 9, 12])
    storage.n_reads = 2
    result = compact(storage, "c", LATER_S)
    assert result.problems == [f"gone while it was to be merged - at {plain(5)[0]}"]
    assert result.merged == []


def test_cover__of_nothing_is_nothing(tmp_path):
    """No file counts where there is none."""
    assert cover([]) == ((), ())
    assert contents_of(tmp_path) == {}
