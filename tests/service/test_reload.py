"""Policies and inventory as they change, in real folders."""

from __future__ import annotations

import json
import threading
import time

import pytest

from auditor.errors import ConfigError, PolicyError, SourceError
from auditor.service import reload
from auditor.service.reload import NEVER_STILL, Outcome, Reloader
from auditor.service.sources import NO_POLICIES, Sources
from tests.mounted import inventory, mount
from tests.small_cluster import OBJECTS, POLICY, pod

__all__ = ["inventory", "mount"]

OTHER = POLICY.replace("name: db,", "name: db2,")


@pytest.fixture
def told():
    """Return the outcomes that were counted."""
    return []


@pytest.fixture
def reloader(mount, inventory, told):
    """Return one that has compiled what a service starts with."""
    made = Reloader(Sources([str(mount.folder)], [str(inventory)]), told.append)
    made.first()
    told.clear()
    return made


def look_twice(reloader):
    """Return what comes of new files that lie still."""
    assert reloader.look() == Outcome("waiting")
    return reloader.look()


def names_of(tables):
    """Return the names of the policies in force."""
    return [policy.name for policy in tables.policies.policies]


def test_first__compiles_and_counts(mount, inventory, told):
    """What a service starts with is a success too."""
    tables = Reloader(Sources([str(mount.folder)], [str(inventory)]), told.append).first()
    assert (names_of(tables), told) == (["db"], ["success"])
    assert [each.role for each in tables.provenance.inputs] == ["policies", "inventory"]


def test_first__fails_without_usable_files(mount, inventory, told):
    """A service that never had policies does not start."""
    made = Reloader(Sources([str(mount.folder)], [str(inventory)]), told.append)
    mount.swap(db=POLICY.replace("5432", "543200"))
    with pytest.raises(PolicyError):
        made.first()
    assert told == []


def test_look__says_nothing_of_files_that_did_not_change(reloader, told):
    """Nothing is compiled, nothing counted."""
    assert [reloader.look() for _ in range(3)] == [Outcome("same")] * 3
    assert (reloader.take(), told) == (None, [])


def test_look__sees_a_swapped_link(reloader, mount, told):
    """The links that a user sees did not change, only where `..data` points."""
    mount.swap(db=POLICY, more=OTHER)
    assert look_twice(reloader) == Outcome("success")
    assert names_of(reloader.take()) == ["db", "db2"]
    assert (reloader.take(), reloader.look(), told) == (None, Outcome("same"), ["success"])


def test_look__sees_the_inventory(reloader, inventory):
    """One pod more."""
    items = [*OBJECTS, pod("cache", "10.0.0.3")]
    inventory.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}), encoding="utf-8")
    assert look_twice(reloader) == Outcome("success")
    assert len(reloader.take().inventory.endpoints) == 4


def test_look__tells_another_meaning_from_other_bytes(reloader, mount, told):
    """A comment cuts no segment."""
    mount.swap(db="# a comment\n" + POLICY)
    assert look_twice(reloader) == Outcome("unchanged")
    assert (reloader.take(), told) == (None, ["unchanged"])


def test_take__has_the_newest_only(reloader, mount):
    """A loop that was busy skips what was replaced meanwhile."""
    for more in (OTHER, OTHER.replace("db2", "db3")):
        mount.swap(db=POLICY, more=more)
        look_twice(reloader)
    assert names_of(reloader.take()) == ["db", "db3"]


def test_look__sees_that_all_is_as_before(reloader, mount):
    """Back to what was in force, after something else was taken."""
    mount.swap(db=POLICY, more=OTHER)
    look_twice(reloader)
    reloader.take()
    mount.swap(db=POLICY)
    assert look_twice(reloader) == Outcome("success")
    assert names_of(reloader.take()) == ["db"]


def test_look__keeps_the_old_set_when_the_new_one_is_broken(reloader, mount, told, caplog):
    """It says why, once, counts it at every look, and is not compiled again; a good set cures it."""
    mount.swap(db=POLICY.replace("5432", "543200"))
    failed = look_twice(reloader)
    place = f"{mount.folder}/db.yaml[1]:11 $.spec.ingress[0].ports[0].port"
    assert failed.result == "failure"
    assert failed.reason.endswith(f" - at {place}")
    assert reloader.look() == failed
    assert (reloader.take(), told) == (None, ["failure", "failure"])
    lines = [(line.getMessage(), line.auditor_fields) for line in caplog.records]
    assert lines == [
        ("policies or inventory cannot be used; those before stay in force", {"reason": failed.reason})
    ]
    mount.swap(db=POLICY, more=OTHER)
    assert look_twice(reloader) == Outcome("success")
    assert names_of(reloader.take()) == ["db", "db2"]


def test_look__quotes_some_problems(reloader, mount):
    """A folder full of nonsense is one line."""
    mount.swap(**{f"p{number}": POLICY.replace("5432", "543200") for number in range(8)})
    reason = look_twice(reloader).reason
    assert (reason.count(" - at "), reason.endswith("; and 3 more")) == (5, True)


def test_look__leaves_a_file_alone_that_is_being_written(reloader, tmp_path, mount):
    """Half a policy that even has a meaning is never compiled."""
    path = mount.folder / "late.yaml"
    for cut in (len(OTHER) // 3, len(OTHER) // 2, len(OTHER)):
        path.write_text(OTHER[:cut], encoding="utf-8")
        assert reloader.look() == Outcome("waiting")
    assert reloader.look() == Outcome("success")
    assert names_of(reloader.take()) == ["db", "db2"]


def test_look__throws_away_what_changed_while_it_was_read(reloader, mount, monkeypatch):
    """A set of old and new files belongs to nobody."""
    compile_ = Sources.compile

    def compile_late(sources):
        made = compile_(sources)
        mount.swap(db=POLICY, more=OTHER.replace("db2", "db3"))
        monkeypatch.undo()
        return made

    mount.swap(db=POLICY, more=OTHER)
    monkeypatch.setattr(Sources, "compile", compile_late)
    assert reloader.look() == Outcome("waiting")
    assert reloader.look() == Outcome("waiting")
    assert reloader.take() is None
    assert reloader.look() == Outcome("success")
    assert names_of(reloader.take()) == ["db", "db3"]


def test_look__complains_of_files_that_never_lie_still(reloader, mount):
    """Somebody should know that nothing is taken over."""
    for number in range(reload.MAX_WAITS):
        mount.swap(db=POLICY + f"# {number}\n")
        assert reloader.look() == Outcome("waiting")
    mount.swap(db=POLICY + "# last\n")
    assert reloader.look() == Outcome("failure", NEVER_STILL)
    assert reloader.look() == Outcome("unchanged")


def test_look__survives_a_folder_that_vanishes_and_comes_back(reloader, mount, told, caplog):
    """With the same files nothing is compiled; that it is well again is said."""
    away = mount.folder.with_name("away")
    mount.folder.rename(away)
    gone = Outcome("failure", f"expected a file or folder, `{mount.folder}` does not exist")
    assert [reloader.look(), reloader.look()] == [gone, gone]
    with caplog.at_level("INFO"):
        away.rename(mount.folder)
        assert reloader.look() == Outcome("unchanged")
    assert (reloader.look(), told) == (Outcome("same"), ["failure", "failure", "unchanged"])
    assert [line.getMessage() for line in caplog.records] == [
        "policies or inventory cannot be used; those before stay in force",
        "policies and inventory can be used again",
    ]


def test_look__takes_no_empty_folder_for_no_policies(reloader, mount):
    """A mount that went wrong must not allow everything."""
    mount.swap()
    assert reloader.look() == Outcome(
        "failure", f"expected files in folder `{mount.folder}`, found none to read"
    )


def test_look__takes_no_files_without_policies_for_none(reloader, mount):
    """Files are there, and hold something else."""
    mount.swap(db="apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n")
    assert look_twice(reloader) == Outcome("failure", NO_POLICIES)


@pytest.mark.parametrize("files", [{}, {"db": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"}])
def test_look__judges_by_no_policies_where_that_is_meant(mount, inventory, files):
    """And by some again when they come."""
    reloader = Reloader(Sources([str(mount.folder)], [str(inventory)], allow_empty=True))
    reloader.first()
    mount.swap(**files)
    assert look_twice(reloader) == Outcome("success")
    assert names_of(reloader.take()) == []
    mount.swap(db=POLICY)
    assert look_twice(reloader) == Outcome("success")
    assert names_of(reloader.take()) == ["db"]


def test_look__never_takes_a_vanished_folder_for_an_empty_one(mount, inventory):
    """Not even where no policies may be meant."""
    reloader = Reloader(Sources([str(mount.folder)], [str(inventory)], allow_empty=True))
    reloader.first()
    mount.folder.rename(mount.folder.with_name("away"))
    assert reloader.look().reason == f"expected a file or folder, `{mount.folder}` does not exist"


def test_look__survives_a_bug(reloader, mount, monkeypatch, caplog):
    """What only new files bring about must not take the old tables away; it is logged as what it is."""

    def compile_(_):
        raise RuntimeError("bug")

    monkeypatch.setattr(Sources, "compile", compile_)
    mount.swap(db=POLICY, more=OTHER)
    assert look_twice(reloader) == Outcome("failure", "bug: RuntimeError")
    assert caplog.records[0].exc_info[0] is RuntimeError


def test_look__tries_again_what_could_not_be_read(reloader, mount, monkeypatch):
    """A disk that failed once says nothing about the files."""

    def compile_(_):
        monkeypatch.undo()
        raise SourceError("file cannot be read: Input/output error")

    monkeypatch.setattr(Sources, "compile", compile_)
    mount.swap(db=POLICY, more=OTHER)
    assert look_twice(reloader) == Outcome("failure", "file cannot be read: Input/output error")
    assert look_twice(reloader) == Outcome("success")


@pytest.mark.parametrize("path", ["-", "s3://bucket/policies"])
def test_look__refuses_what_cannot_be_read_again(inventory, path):
    """Before a service starts with it."""
    with pytest.raises(ConfigError) as caught:
        Reloader(Sources([path], [str(inventory)])).first()
    assert str(caught.value) == f"expected files or folders that can be read again, got `{path}`"


def test_start__looks_by_itself(mount, inventory):
    """On its own thread, until stopped."""
    counted = threading.Semaphore(0)
    reloader = Reloader(
        Sources([str(mount.folder)], [str(inventory)]), lambda _: counted.release(), poll_s=0.01
    )
    reloader.first()
    assert counted.acquire(timeout=5)
    reloader.start()
    mount.swap(db=POLICY, more=OTHER)
    # A look may fall into the middle of a swap, and complain of it.
    until = time.monotonic() + 20
    while (tables := reloader.take()) is None and time.monotonic() < until:
        counted.acquire(timeout=1)
    assert names_of(tables) == ["db", "db2"]
    assert reloader.is_alive()
    reloader.stop()
    assert not reloader.is_alive()


def test_stop__needs_no_start(reloader):
    """A service that failed early stops all the same."""
    reloader.stop()
