"""Programs that are killed at a named place, or paused there: what the next one makes of what they left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from auditor.service.cover import cover
from auditor.service.storage import LocalStorage
from auditor.service.verify import verify
from tests.console import ROOT
from tests.service.making import HOUR_MS, contents_of, disagreements, write_chain, write_on

KILLED = -signal.SIGKILL
END = 12


def command(*arguments):
    """Return the command of a writer."""
    return [sys.executable, "-m", "tests.service.making", *map(str, arguments)]


def surroundings(failpoints):
    """Return the environment of a writer."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "AUDITOR_FAILPOINTS": failpoints}


def run(failpoints, *arguments):
    """Run a writer; return its exit code."""
    return subprocess.run(
        command(*arguments), cwd=ROOT, env=surroundings(failpoints), check=False, timeout=60
    ).returncode


def assert_whole(folder, end):
    """Assert that both the oracle and ``verify`` find the chain whole, up to its end."""
    assert disagreements(contents_of(folder), end) == []
    result = verify(LocalStorage(folder))
    assert [one for one in result.found if one.level == "error"] == []
    assert [(partition.first, partition.end) for partition in result.partitions] == [(0, end)]


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("storage.mid-write=kill@2", id="f02-mid-write"),
        pytest.param("storage.before-fsync=kill@3", id="f03-before-fsync"),
        pytest.param("storage.before-link=kill@3", id="f04-between-fsync-and-link"),
        pytest.param("storage.after-link=kill@3", id="f05-before-unlink"),
        pytest.param("storage.before-folder-fsync=kill@3", id="f06-before-folder-fsync"),
        pytest.param("chain.after-create=kill@2", id="f07-before-commit"),
        pytest.param("chain.before-hint=kill@2", id="f60-before-hint"),
        pytest.param("chain.scan=kill@1", id="f09-start-up-scan"),
        pytest.param("storage.after-link=kill@1", id="f58-genesis-written"),
        pytest.param("storage.before-link=kill@1", id="f58-genesis-unwritten"),
    ],
)
def test_publish__survives_a_kill(tmp_path, place):
    """Wherever a writer dies, the next goes on from what is in the chain, and nothing is lost or there twice."""
    assert run(place, "a", tmp_path, END, 5) == KILLED
    assert disagreements(contents_of(tmp_path)) == []
    assert run("", "b", tmp_path, END, 5) == 0
    assert_whole(tmp_path, END)


def test_publish__survives_a_kill_twice_in_a_row_f12(tmp_path):
    """The second writer dies while it recovers from the death of the first."""
    assert run("storage.after-link=kill@2", "a", tmp_path, END, 5) == KILLED
    assert run("storage.before-folder-fsync=kill@1", "b", tmp_path, END, 5) == KILLED
    assert run("chain.scan=kill@1", "c", tmp_path, END, 5) == KILLED
    assert run("", "d", tmp_path, END, 5) == 0
    assert_whole(tmp_path, END)


@pytest.mark.parametrize(
    "place",
    ["compact.before-create", "compact.after-create", "compact.between-removals", "storage.after-link"],
)
def test_compact__survives_a_kill_f10(tmp_path, place):
    """Dead at any step, it leaves files that count once, and the next run ends the work."""
    storage = LocalStorage(tmp_path)
    write_chain(storage, [5, 9, 12, 20, 21], every_ms=HOUR_MS // 3)
    much_later = 4_000_000_000
    assert run(f"{place}=kill@1", "compact", tmp_path, much_later) == KILLED
    assert_whole(tmp_path, 21)
    assert run("", "compact", tmp_path, much_later) == 0
    assert_whole(tmp_path, 21)
    names = [name.rpartition("/")[2] for name in contents_of(tmp_path) if name.endswith(".arrow")]
    assert names == [f"{0:020}-{12:020}.arrow", f"{12:020}.arrow", f"{20:020}.arrow"]
    assert cover([]).counting == ()


@pytest.mark.parametrize("place", ["storage.before-link", "storage.after-link", "chain.before-create"])
def test_publish_gap__survives_a_kill_f61(tmp_path, place):
    """A gap is in the chain or not; who comes next writes it, or goes on behind it."""
    write_chain(LocalStorage(tmp_path), [5])
    assert run(f"{place}=kill@1", "gap", tmp_path, 8) == KILLED
    if place != "storage.after-link":
        assert run("", "gap", tmp_path, 8) == 0
    write_on(LocalStorage(tmp_path), END, 5, "b")
    assert_whole(tmp_path, END)
    assert [(one.level, one.kind) for one in verify(LocalStorage(tmp_path)).found if one.level == "gap"] == [
        ("gap", "retention")
    ]


@contextmanager
def paused(failpoint, *arguments):
    """Run a writer until it stops at a place; afterwards, let it go on to its end."""
    writer = subprocess.Popen(command(*arguments), cwd=ROOT, env=surroundings(failpoint))
    try:
        _, status = os.waitpid(writer.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        yield
        writer.send_signal(signal.SIGCONT)
        assert writer.wait(60) == 0
    finally:
        if writer.poll() is None:
            writer.kill()
            writer.wait()


@pytest.mark.parametrize(
    "place", ["storage.before-link=stop@3", "chain.before-create=stop@2", "storage.before-fsync=stop@3"]
)
def test_publish__fences_a_zombie_f16(tmp_path, place):
    """A writer paused just before it publishes finds its start taken, and goes on from the winner's end."""
    with paused(place, "a", tmp_path, END, 5):
        write_on(LocalStorage(tmp_path), END, 4, "b")
    assert_whole(tmp_path, END)


def test_publish__counts_what_a_zombie_published_f17(tmp_path):
    """A writer paused between publishing and committing has published: others go on from there."""
    with paused("chain.after-create=stop@1", "a", tmp_path, END, 5):
        write_on(LocalStorage(tmp_path), 9, 4, "b")
    assert_whole(tmp_path, END)


def test_control__fails_where_names_carry_both_bounds_and_rename_publishes(tmp_path):
    """The oracle can fail: the same pause breaks a sink that names files by start and end and renames them."""
    with paused("storage.before-link=stop@2", "control", tmp_path, END, 5):
        assert run("", "control", tmp_path, END, 4) == 0
    assert disagreements(contents_of(tmp_path)) != []
