"""Where a consumer goes on when a partition is given to it."""

from __future__ import annotations

import pytest

from auditor.errors import StateError
from auditor.service.gaps import publish_gap
from auditor.service.position import StartAt, start_at
from auditor.service.verify import verify
from tests.service.making import (
    FOLDER,
    ScriptedStorage,
    chain_of,
    disagreements,
    segment_of,
    write_chain,
    write_on,
)


def found_in(storage):
    """Return level and kind of what ``verify`` finds."""
    return [(one.level, one.kind) for one in verify(storage).found]


def test_start_at__follows_the_winner_of_the_genesis_race_f58():
    """Two first members that see different beginnings of the log agree on the one that was written first."""
    storage = ScriptedStorage()
    second = []
    storage.interlude = lambda: second.append(start_at(chain_of(storage), None, 30, "b", 0, "fail"))
    first = start_at(chain_of(storage), None, 20, "a", 0, "fail")
    assert first == second[0] == StartAt(30, 30)
    write_on(storage, 40, 5, "a")
    assert disagreements(storage.objects, 40, first=30) == []


def test_start_at__goes_on_from_the_chain():
    """The end of the chain, else what was committed, else what is configured."""
    storage = ScriptedStorage()
    assert start_at(chain_of(storage), 4, 2, "w", 0, "fail") == StartAt(4, 4)
    assert start_at(chain_of(storage), None, 2, "w", 0, "fail") == StartAt(4, 4)
    chain_of(storage).begin(4, "w", 0)
    chain = chain_of(storage)
    chain.first()
    chain.publish(*segment_of(4, 9))
    assert start_at(chain_of(storage), 6, 2, "w", 0, "fail") == StartAt(9, 9)
    storage.remove(f"{FOLDER}GENESIS")
    assert start_at(chain_of(storage), 6, 2, "w", 0, "fail") == StartAt(9, 9)
    assert chain_of(storage).first() == 4
    assert start_at(chain_of(ScriptedStorage()), None, 2, "w", 0, "fail") == StartAt(2, 2)


@pytest.mark.parametrize("is_other_folder", [False, True])
def test_start_at__sees_a_chain_that_is_behind_f46_f47(is_other_folder):
    """Newest files removed, or another folder: the chain ends before what was committed."""
    storage = ScriptedStorage()
    if is_other_folder:
        # Another replica wrote on, and committed, elsewhere.
        write_chain(storage, [5])
    else:
        for name in write_chain(storage, [5, 9])[1:]:
            storage.remove(name)
    with pytest.raises(StateError) as caught:
        start_at(chain_of(storage), 9, 0, "w", 0, "fail")
    assert str(caught.value) == (
        "expected a chain that ends at `9` or later, as the group committed, found one that ends at `5`: files were "
        "removed, or this is another folder; `--on-state-mismatch chain` judges again from there, `committed` leaves "
        f"a gap - at {FOLDER}"
    )
    assert start_at(chain_of(storage), 9, 0, "w", 0, "chain") == StartAt(5, 5)
    assert start_at(chain_of(storage), 9, 0, "w", 0, "committed") == StartAt(5, 9)
    publish_gap(chain_of_begun(storage), 5, 9, "removed", "w", 0)
    assert disagreements(storage.objects, 9) == []
    assert found_in(storage) == [("gap", "removed")]


def chain_of_begun(storage):
    """Return a chain that knows where it begins."""
    chain = chain_of(storage)
    chain.first()
    return chain
