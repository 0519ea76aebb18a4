"""The chain: who comes first, who comes second, and what is told of files that nobody here wrote."""

from __future__ import annotations

import pytest

from auditor.errors import ConfigError, SinkError, StateError
from auditor.service.chain import Chain, Lost, Published
from auditor.service.compact import compact
from auditor.service.gaps import RETENTION, publish_gap
from auditor.service.segments import encode
from auditor.service.storage import LocalStorage
from auditor.service.verify import verify
from tests.service.making import (
    FOLDER,
    ID,
    TOPIC,
    ScriptedStorage,
    chain_of,
    disagreements,
    segment_of,
    write_chain,
    write_on,
)

NAME = f"{FOLDER}{5:020}.arrow"


def found_in(storage):
    """Return level and kind of what ``verify`` finds."""
    return [(one.level, one.kind) for one in verify(storage).found]


def test_publish__returns_name_and_end():
    """A segment that is in the chain moves its end."""
    storage = ScriptedStorage()
    chain = chain_of(storage)
    assert (chain.first(), chain.end(), chain.begin(7, "w", 0)) == (None, None, 7)
    assert chain.publish(*segment_of(7, 9)) == Published(f"{FOLDER}{7:020}.arrow", 9)
    assert chain_of(storage).end() == 9
    assert disagreements(storage.objects, 9, first=7) == []


def test_publish__of_the_second_returns_the_end_of_the_first():
    """Who takes a start that is taken learns where to go on, and writes nothing."""
    storage = ScriptedStorage()
    write_chain(storage, [5])
    first, second = chain_of(storage), chain_of(storage)
    assert first.first() == second.first() == 0
    storage.interlude = lambda: second.publish(*segment_of(5, 8, "second"))
    assert first.publish(*segment_of(5, 9, "first")) == Lost(8)
    assert second.publish(*segment_of(5, 9, "second")) == Lost(8)
    assert disagreements(storage.objects, 8) == []


@pytest.mark.parametrize("outcome", ["before", "after"])
def test_publish__made_again_finds_what_became_of_it_f44(outcome):
    """After a failure the same call tells the truth, whether the storage had done what it was asked or not."""
    storage = ScriptedStorage()
    write_chain(storage, [5])
    chain = chain_of(storage)
    made = segment_of(5, 9, "w", 77)
    storage.outcomes = [outcome]
    with pytest.raises(SinkError, match="as told"):
        chain.publish(*made)
    assert chain.publish(*made) == Published(NAME, 9)
    assert disagreements(storage.objects, 9) == []


def test_publish__needs_no_prompt_listing_f45():
    """Segments that listings do not show yet are found by their names, and by who takes the same start."""
    storage = ScriptedStorage()
    names = write_chain(storage, [5, 8, 9])
    storage.remove(f"{FOLDER}LATEST")
    storage.late = set(names[1:])
    assert chain_of(storage).end() == 9
    storage.late = set(names)
    chain = chain_of(storage)
    assert chain.publish(*segment_of(0, 3, "late")) == Lost(5)
    assert chain.end() == 9


def test_publish__refuses_a_chain_that_lost_its_end_f47():
    """Newest files that are removed under a running writer stop it."""
    storage = ScriptedStorage()
    chain = chain_of(storage)
    chain.begin(0, "w", 0)
    for start, end in ((0, 5), (5, 9)):
        chain.publish(*segment_of(start, end))
    storage.remove(NAME)
    with pytest.raises(StateError) as caught:
        chain.publish(*segment_of(9, 12))
    sentence = "expected a chain that ends at `9` or later, found one that ends at `5`: files were removed"
    assert str(caught.value) == f"{sentence} - at {FOLDER}"
    storage.remove(f"{FOLDER}{0:020}.arrow")
    with pytest.raises(StateError) as caught:
        chain.publish(*segment_of(9, 12))
    sentence = "expected a chain that ends at `9` or later, found none: files were removed"
    assert str(caught.value) == f"{sentence} - at {FOLDER}"


def test_publish__refuses_a_start_behind_the_end():
    """A segment that would leave a hole is refused."""
    storage = ScriptedStorage()
    write_chain(storage, [5])
    chain = chain_of(storage)
    with pytest.raises(StateError) as caught:
        chain.publish(*segment_of(6, 9))
    sentence = "expected a chain that ends at `6`, found one that ends at `5`"
    assert str(caught.value) == f"{sentence} - at {FOLDER}"


def test_publish__says_that_a_winner_cannot_be_read():
    """A name that is taken by nothing that can be read is a failure of the storage, to be tried again."""

    class Hiding(ScriptedStorage):
        def create(self, name, content):
            return not name.endswith(f"{5:020}.arrow") and super().create(name, content)

    storage = Hiding()
    write_chain(storage, [5])
    with pytest.raises(SinkError) as caught:
        chain_of(storage).publish(*segment_of(5, 9))
    assert str(caught.value) == f"a segment is there and cannot be read - at {NAME}"


def test_begin__says_that_the_beginning_is_not_there():
    """A storage that loses what it took is told."""

    class Forgetting(ScriptedStorage):
        def create(self, _name, _content):
            return True

    with pytest.raises(SinkError) as caught:
        chain_of(Forgetting()).begin(0, "w", 0)
    sentence = "expected the file `GENESIS` after it was created, it is not there"
    assert str(caught.value) == f"{sentence} - at {FOLDER}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "the beginning of a chain has no meaning: Input data was truncated"),
        (
            b'{"topic":"flows","topic_id":"other","partition":0,"first":0,"writer":"w","created_ms":0}',
            "expected the beginning of this chain, found that of `flows/other/p=0/`",
        ),
    ],
)
def test_first__refuses_another_beginning(content, message):
    """A beginning that is torn or was copied here is told."""
    storage = ScriptedStorage()
    storage.create(f"{FOLDER}GENESIS", content)
    with pytest.raises(StateError) as caught:
        chain_of(storage).first()
    assert str(caught.value) == f"{message} - at {FOLDER}GENESIS"


def test_verify__finds_what_a_zombie_wrote_after_compaction_f59():
    """A start that was free again because its file was merged is an overlap, which ``verify`` names."""
    storage = ScriptedStorage()
    write_chain(storage, [5, 9, 12])
    zombie = chain_of(storage)
    zombie.first()
    made = segment_of(5, 8, "zombie")
    assert zombie.publish(*made) == Lost(12)
    # Paused in the very instant before the creation, for longer than the horizon.
    storage.now_s = 1e9
    assert compact(storage, "c", 1e9, 0).merged == [f"{FOLDER}{0:020}-{9:020}.arrow"]
    assert chain_of(storage).publish(*made) == Lost(12)
    storage.create(NAME, encode(*made))
    assert ("error", "overlap") in found_in(storage)
    assert chain_of(storage).end() == 12


@pytest.mark.parametrize(
    "hint", [None, b"", b"\xff", b"x", b"../../etc/passwd", b"%020d.arrow" % 0, b"%020d.arrow" % 700]
)
def test_end__does_not_believe_the_hint_f60(hint):
    """A hint that is missing, stale or wrong changes nothing."""
    storage = ScriptedStorage()
    write_chain(storage, [5, 9])
    storage.remove(f"{FOLDER}LATEST")
    if hint is not None:
        storage.replace(f"{FOLDER}LATEST", hint)
    assert chain_of(storage).end() == 9


def test_end__works_without_a_hint_that_can_be_read_f60():
    """A hint is no reason to fail, neither read nor written."""

    class Mute(ScriptedStorage):
        def read(self, name):
            if name.endswith("LATEST"):
                raise SinkError("as told")
            return super().read(name)

        def replace(self, _name, _content):
            raise SinkError("as told")

    storage = Mute()
    write_chain(storage, [5, 9])
    assert chain_of(storage).end() == 9


def test_end__ignores_foreign_files_f49(tmp_path):
    """Whatever else lies in the folder is no segment, and ``verify`` notes it."""
    storage = LocalStorage(tmp_path)
    write_chain(storage, [5, 9])
    foreign = ["notes.txt", f"{7:020}.parquet", f"{1:019}.arrow", f"sub/{99:020}.arrow", f"{5:020}.arrow.bak"]
    for name in foreign:
        storage.create(f"{FOLDER}{name}", b"mine")
    storage.create("README", b"mine")
    assert chain_of(storage).end() == 9
    assert chain_of(storage).oldest() == 0
    write_on(storage, 12, 5, "b")
    result = verify(storage)
    assert result.is_sound
    assert sorted(one.place for one in result.found if one.kind == "foreign") == sorted(
        ["README", *(f"{FOLDER}{name}" for name in foreign)]
    )


def test_verify__is_fine_without_the_oldest_f48(tmp_path):
    """Oldest files may be removed at any time: a note, and no error."""
    storage = LocalStorage(tmp_path)
    names = write_chain(storage, [5, 9, 12])
    for name in names[:2]:
        storage.remove(name)
    assert found_in(storage) == [("note", "oldest-removed")]
    write_on(storage, 15, 5, "b")
    assert [(one.first, one.end) for one in verify(storage).partitions] == [(9, 15)]


def test_publish_gap__is_told_when_another_was_first_f33_f61():
    """A gap is a segment like any other: one writer's counts."""
    storage = ScriptedStorage()
    write_chain(storage, [5])
    assert publish_gap(chain_of(storage), 5, 9, RETENTION, "a", 0) == Published(NAME, 9)
    assert publish_gap(chain_of(storage), 5, 11, RETENTION, "b", 0) == Lost(9)
    assert found_in(storage) == [("gap", "retention")]
    assert verify(storage).partitions[0].n_gap_offsets == 4


@pytest.mark.parametrize(
    ("topic", "topic_id", "partition"),
    [("a/b", ID, 0), ("..", ID, 0), (TOPIC, "", 0), (TOPIC, ID, -1), (TOPIC, "rejected", 0)],
)
def test_chain_name__refuses_what_is_no_folder(topic, topic_id, partition):
    """A name that would lead elsewhere is refused."""
    with pytest.raises(ConfigError) as caught:
        Chain(ScriptedStorage(), topic, topic_id, partition)
    place = f"{topic}/{topic_id}/p={partition}/"
    assert str(caught.value) == f"expected the name, the id and a partition of a topic, came `{place}`"


def test_chain__of_a_topic_created_anew_is_another_f35():
    """The id of a topic keeps what was written of its forerunner apart."""
    storage = ScriptedStorage()
    write_chain(storage, [5])
    assert Chain(storage, TOPIC, "another-id", 0).end() is None
    assert len(verify(storage).partitions) == 1
