"""Segments as files: what is written is read, and nothing else is taken for it."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auditor.errors import StateError
from auditor.report.schema import FLOWS
from auditor.service.facts import SegmentFacts, facts_json
from auditor.service.segments import CHECKSUM, FACTS, ROWS, decode, encode, no_rows, read_facts
from tests.service.making import FOLDER, ID, TOPIC, segment_of

NAME = f"{FOLDER}{5:020}.arrow"


def test_rows__are_those_of_a_report():
    """A place in a topic stands where a report has a place in a file."""
    assert ROWS.names == [*FLOWS.names[:-2], "topic", "partition", "offset"]
    assert ROWS.metadata == FLOWS.metadata


@given(start=st.integers(0, 50), size=st.integers(1, 40), cut=st.integers(0, 40))
def test_decode__gives_back_what_was_encoded(start, size, cut):
    """Facts and rows come back, however the rows were cut into batches, and the same rows are the same bytes."""
    facts, table = segment_of(start, start + size)
    name = f"{FOLDER}{start:020}.arrow"
    content = encode(facts, table)
    assert encode(facts, pa.concat_tables([table.slice(0, cut), table.slice(cut)])) == content
    segment = decode(name, content)
    assert segment.facts == facts
    assert segment.table.to_pylist() == table.to_pylist()
    assert read_facts(name, content) == (facts, segment.checksum)


def test_decode__reads_a_segment_without_rows():
    """No row, and counters all the same."""
    facts = SegmentFacts(
        topic=TOPIC, topic_id=ID, partition=0, start=5, end=9, writer="w", created_ms=1, counts={"flows": 4}
    )
    segment = decode(NAME, encode(facts, no_rows()))
    assert (segment.facts.counts, segment.table.num_rows) == ({"flows": 4}, 0)


@example(place=0.77734375, bit=7)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_decode__never_takes_a_changed_file_for_another(place, bit):
    """A file with a bit flipped is refused, or is what was written."""
    facts, table = segment_of(5, 30)
    content = bytearray(encode(facts, table))
    content[int(place * len(content))] ^= 1 << bit
    try:
        segment = decode(NAME, bytes(content))
    except StateError:
        return
    assert segment.facts == facts
    assert segment.table.to_pylist() == table.to_pylist()


def written(table, marks):
    """Return an Arrow file."""
    content = io.BytesIO()
    with pa.ipc.new_file(content, table.schema, metadata=marks) as writer:
        writer.write_table(table)
    return content.getvalue()


def test_decode__refuses_what_is_no_segment():
    """Each way to be no segment has its sentence."""
    facts, table = segment_of(5, 9)
    text = facts_json(facts)
    sound = encode(facts, table)
    checksum = pa.ipc.open_file(pa.BufferReader(sound)).metadata[CHECKSUM.encode()]
    other = segment_of(5, 9, partition=1)
    few = encode(*segment_of(5, 7))
    few_text = pa.ipc.open_file(pa.BufferReader(few)).metadata[FACTS.encode()]
    cases = {
        "expected a segment, found an Arrow file that is none": written(table, None),
        "the facts of a segment have no meaning: Input data was truncated": written(
            table, {FACTS: "{", CHECKSUM: "x"}
        ),
        "the facts of a segment have no meaning: expected offsets in order, came `9` to `9`": written(
            table, {FACTS: text.replace(b'"start":5', b'"start":9'), CHECKSUM: "x"}
        ),
        "the facts of a segment have no meaning: expected counts from 0": written(
            table, {FACTS: text.replace(b'"n_rows":3', b'"n_rows":-3'), CHECKSUM: "x"}
        ),
        f"expected the segment that the name says, found `{NAME.replace('p=0', 'p=1')}`": encode(*other),
        "expected the columns of a segment, found others": written(
            table.select([0]), {FACTS: text, CHECKSUM: checksum}
        ),
        "the file of a segment is damaged: its checksum differs": written(
            table, {FACTS: few_text, CHECKSUM: checksum}
        ),
    }
    for message, content in cases.items():
        with pytest.raises(StateError) as caught:
            decode(NAME, content)
        assert str(caught.value) == f"{message} - at {NAME}"


def test_decode__refuses_rows_that_the_facts_do_not_count(monkeypatch):
    """A writer that miscounts is told."""
    facts, table = segment_of(5, 9)
    text = facts_json(facts).replace(b'"n_rows":3', b'"n_rows":2')
    monkeypatch.setattr("auditor.service.segments.facts_json", lambda _: text)
    content = encode(facts, table)
    with pytest.raises(StateError) as caught:
        decode(NAME, content)
    assert str(caught.value) == f"expected `2` rows as the segment says, found `3` - at {NAME}"


def test_decode__refuses_damaged_columns():
    """Bytes between sound ends that do not decode are damage."""
    facts, table = segment_of(5, 5000)
    content = bytearray(encode(facts, table))
    middle = len(content) // 2
    content[middle : middle + 200] = b"\xff" * 200
    with pytest.raises(StateError) as caught:
        decode(NAME, bytes(content))
    assert str(caught.value).startswith("the file of a segment is damaged")


def test_read_facts__passes_over_what_a_newer_version_added():
    """An older program reads a newer file."""
    facts, table = segment_of(5, 9)
    text = facts_json(facts).replace(b'{"', b'{"novelty":1,"', 1)
    assert read_facts(NAME, written(table, {FACTS: text, CHECKSUM: "x"}))[0] == facts
