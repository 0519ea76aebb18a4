"""The proof that an output folder is whole, and every way in which it is not."""

from __future__ import annotations

import pytest

from auditor.errors import StateError
from auditor.service.facts import Part
from auditor.service.segments import decode, encode
from auditor.service.verify import Found, verify
from tests.service.making import FOLDER, ScriptedStorage, chain_of, segment_of, write_chain


def errors(storage):
    """Return the errors that are found, without their level."""
    return [one[1:] for one in verify(storage).found if one.level == "error"]


def name_of(start):
    """Return the name of a segment."""
    return f"{FOLDER}{start:020}.arrow"


def written(storage, start, end, previous=None, **facts):
    """Write a segment without asking the chain."""
    facts, table = segment_of(start, end, previous=previous, **facts)
    storage.objects[name_of(start)] = encode(facts, table)


def test_verify__adds_up_a_whole_chain():
    """First, end, files, rows and counters of every partition."""
    storage = ScriptedStorage()
    write_chain(storage, [5, 9, 12])
    other = chain_of(storage, 1)
    other.begin(7, "w", 0)
    result = verify(storage)
    assert (result.is_sound, result.has_gaps) == (True, False)
    assert result.found == [
        Found("note", "empty", FOLDER.replace("p=0", "p=1"), "begun at `7`, no segment yet")
    ]
    first, second = result.partitions
    assert (first.first, first.end, first.n_files, first.n_rows, first.n_gap_offsets) == (0, 12, 3, 9, 0)
    assert first.counts == {"messages": 12, "flows": 18, "violation": 9, "permitted": 9}
    assert (second.first, second.end, second.n_files) == (None, None, 0)


def test_verify__expects_a_chain():
    """A folder of something else is a wrong call."""
    storage = ScriptedStorage()
    storage.create("report/run.json", b"{}")
    with pytest.raises(StateError) as caught:
        verify(storage)
    assert str(caught.value) == "expected a folder that `auditor stream` wrote, found no segment - at memory"


def test_verify__finds_holes_overlaps_and_strangers():
    """Each way not to tile has its sentence."""
    storage = ScriptedStorage()
    write_chain(storage, [5])
    written(storage, 7, 9, 0)
    assert errors(storage) == [("hole", name_of(7), "offsets `5` to `6` stand in no file")]
    written(storage, 5, 8, 0)
    overlap = ("overlap", name_of(7), f"offsets `7` to `7` stand in `{5:020}.arrow` too")
    assert errors(storage) == [overlap]
    written(storage, 5, 7, 3)
    assert errors(storage) == [
        ("previous", name_of(5), "expected to follow the segment at `0`, says `3`"),
        ("previous", name_of(7), "expected to follow the segment at `5`, says `0`"),
    ]


def test_verify__expects_the_beginning():
    """A chain without its beginning, or that begins elsewhere, is not whole."""
    storage = ScriptedStorage()
    write_chain(storage, [5])
    genesis = storage.objects.pop(f"{FOLDER}GENESIS")
    place = f"{FOLDER}GENESIS"
    missing = ("beginning", place, "expected a file that says where the chain begins, found none")
    assert errors(storage) == [missing]
    storage.objects[place] = b"{"
    assert errors(storage) == [
        ("beginning", place, "the beginning of a chain has no meaning: Input data was truncated")
    ]
    storage.objects[place] = genesis.replace(b'"first":0', b'"first":3')
    assert errors(storage) == [("beginning", name_of(0), "expected a chain that begins at `3`, found `0`")]


def test_verify__counts_again():
    """Counters that the rows do not bear out are errors."""
    storage = ScriptedStorage()
    write_chain(storage, [5])
    counts = {"flows": 9, "violation": 2, "permitted": 3}
    written(storage, 5, 9, 0, counts=counts)
    assert errors(storage) == [
        (
            "content",
            name_of(5),
            "expected `2` rows with the finding `violation` as the segment counts, found others",
        ),
        ("content", name_of(5), "expected findings of `9` flows as the segment counts, found others"),
    ]
    written(storage, 5, 9, 0, rows="all")
    assert errors(storage) == [
        (
            "content",
            name_of(5),
            "expected `3` rows with the finding `permitted` as the segment counts, found others",
        )
    ]
    written(storage, 5, 9, 0, gap="retention")
    assert errors(storage) == [("content", name_of(5), "expected no rows and no counts in a gap, found some")]


def test_verify__looks_at_the_rows():
    """Rows of other offsets, another partition, another order or of no finding are errors."""
    storage = ScriptedStorage()
    write_chain(storage, [5])
    facts, table = segment_of(5, 30, previous=0)

    def found_of(changed):
        storage.objects[name_of(5)] = encode(facts, changed)
        return [message for _, _, message in errors(storage)]

    shifted = segment_of(10, 35)[1]
    assert found_of(shifted) == ["expected offsets from `5` to below `30`, found others"]
    assert found_of(table.take(list(range(table.num_rows))[::-1])) == [
        "expected rows in the order of offsets, found others"
    ]
    assert found_of(segment_of(5, 30, partition=1)[1]) == ["expected rows of `flows/0`, found others"]
    place = table.schema.get_field_index("finding")
    strange = table["finding"].cast("string").to_pylist()
    import pyarrow as pa

    strange[0] = "ODD"
    odd = table.set_column(place, table.schema.field(place), pa.array(strange).dictionary_encode())
    n_rows = table.num_rows
    assert found_of(odd) == [
        f"expected `{n_rows}` rows with the finding `violation` as the segment counts, found others",
        "expected findings that there are, found `odd`",
    ]


def test_verify__looks_into_merged_files():
    """Segments of a merged file must tile as well."""
    storage = ScriptedStorage()
    chain_of(storage).begin(0, "w", 0)
    facts, table = segment_of(0, 9, parts=(Part(0, 4, "x", None), Part(5, 9, "y", 0)))
    name = f"{FOLDER}{0:020}-{9:020}.arrow"
    storage.objects[name] = encode(facts, table)
    assert decode(name, storage.objects[name]).facts == facts
    message = "expected segments without gap or overlap in a merged file, found others"
    assert errors(storage) == [("content", name, message)]


def test_verify__reads_anew_what_was_merged_meanwhile():
    """A file that vanishes between listing and reading is looked for again, and missed in the end."""

    class Vanishing(ScriptedStorage):
        n_vanished = 0

        def read(self, name):
            if self.n_vanished and name == name_of(5):
                self.n_vanished -= 1
                return None
            return super().read(name)

    storage = Vanishing()
    write_chain(storage, [5, 9])
    storage.n_vanished = 2
    assert verify(storage).found == []
    storage.n_vanished = 100
    assert errors(storage) == [("missing", name_of(5), "a file that is listed cannot be found")]
