"""What lies in folders right now."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from auditor.errors import SourceError
from auditor.service import looks
from auditor.service.looks import FRESH_NS, Looker, Remembered, Seen, has_no_files


@pytest.fixture
def folder(tmp_path):
    """Return a folder with two files."""
    made = tmp_path / "policies"
    made.mkdir()
    for name in "ba":
        (made / name).write_text(name, encoding="utf-8")
    return made


def digest(text):
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def reads(monkeypatch):
    """Return a list that every file read is added to."""
    read, names = Path.read_bytes, []

    def noting(path):
        names.append(path.name)
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", noting)
    return names


def test_look__has_every_file_with_its_content(folder):
    """In the order in which they would be read."""
    seen = (Seen(f"{folder}/a", digest("a")), Seen(f"{folder}/b", digest("b")))
    assert Looker().look([str(folder)]) == seen
    assert Looker().look([]) == ()


def test_look__reads_old_files_once(folder, monkeypatch):
    """An inventory of a large cluster is not hashed every few seconds."""
    names = reads(monkeypatch)
    later = (folder / "a").stat().st_ctime_ns + 10 * FRESH_NS
    looker = Looker(clock_ns=lambda: later)
    assert looker.look([str(folder)]) == looker.look([str(folder)])
    assert names == ["a", "b"]


def test_look__reads_new_files_again(folder, monkeypatch):
    """The clock of a file system may stand still between two writes."""
    names = reads(monkeypatch)
    looker = Looker(clock_ns=lambda: (folder / "a").stat().st_ctime_ns)
    looker.look([str(folder)])
    looker.look([str(folder)])
    assert names == ["a", "b"] * 2


def test_look__sees_a_file_put_in_place_of_another(folder):
    """Of the same length and time, as some tools leave them."""
    later = (folder / "a").stat().st_ctime_ns + 10 * FRESH_NS
    looker = Looker(clock_ns=lambda: later)
    looker.look([str(folder)])
    times = (folder / "a").stat()
    (folder / "new").write_text("x", encoding="utf-8")
    os.utime(folder / "new", ns=(times.st_atime_ns, times.st_mtime_ns))
    (folder / "new").rename(folder / "a")
    assert looker.look([str(folder)])[0].digest == digest("x")


def test_look__remembers_so_many(folder, monkeypatch):
    """Folders that change for months fill no memory."""
    monkeypatch.setattr(looks, "MAX_KNOWN", 1)
    later = (folder / "a").stat().st_ctime_ns + 10 * FRESH_NS
    looker = Looker(clock_ns=lambda: later)
    looker.look([str(folder)])
    names = reads(monkeypatch)
    looker.look([str(folder / "b")])
    assert names == []
    looker.look([str(folder)])
    assert names == ["a", "b"]


def test_look__says_which_file_cannot_be_read(folder, monkeypatch):
    """One that is there and fails."""

    def fail(_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", fail)
    with pytest.raises(SourceError) as caught:
        Looker().look([str(folder)])
    assert str(caught.value) == f"file cannot be read: Input/output error - at {folder}/a"


def test_has_no_files__is_said_of_folders_only(folder, tmp_path):
    """Of those that are there."""
    assert not has_no_files(str(folder))
    assert not has_no_files(str(folder / "a"))
    assert not has_no_files(str(tmp_path / "nowhere"))
    (tmp_path / "empty" / "below").mkdir(parents=True)
    (tmp_path / "empty" / ".hidden").write_text("x", encoding="utf-8")
    (tmp_path / "empty" / "nothing").touch()
    assert has_no_files(str(tmp_path / "empty"))


def test_has_no_files__does_not_say_it_of_what_cannot_be_looked_at(folder, monkeypatch):
    """A failure is no emptiness."""

    def fail(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", fail)
    assert not has_no_files(str(folder))


def test_remembered__reads_the_same_once():
    """Other contents, names or options are read; what failed is read again."""
    asked = []

    def read(files, **options):
        asked.append((files, options))
        if files[0][1] == b"bad":
            raise SourceError("bad")
        return len(asked)

    remembered = Remembered(read)
    good = [("a", b"good")]
    assert [remembered(good), remembered([("a", b"good")])] == [1, 1]
    assert remembered(good, strict=True) == 2
    assert remembered([("b", b"good")], strict=True) == 3
    for _ in range(2):
        with pytest.raises(SourceError):
            remembered([("a", b"bad")])
    assert remembered(good) == 6
