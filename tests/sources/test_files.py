"""Which files are found behind paths, and what is told of the others."""

from __future__ import annotations

import errno
import gc
import gzip
import hashlib
import io
import os
import sys
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from auditor.errors import SourceError
from auditor.sources.files import SkippedFile, find_files
from auditor.sources.raw import Raw
from auditor.sources.streams import ByteStream


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Make a folder with files of every kind the working directory."""
    for name in (
        *("b/2.log", "b/10.log", "a.log", "c/d/e.parquet", ".hidden", ".git/x.log", "b/_SUCCESS"),
        *("b/_committed_12", "_delta_log/0.json", "_base.yaml", "b/part-0.crc"),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "empty.log").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(paths, skipped=None):
    """Return the names of the files found."""
    return [file.name for file in find_files(paths, skipped)]


def test_find_files__reads_folders_recursively_and_sorted(folder):
    """A folder stands for the files below it, sorted by path; every other file is accounted for."""
    skipped = []
    found = names(["."], skipped)
    assert found == ["_base.yaml", "a.log", "b/10.log", "b/2.log", "b/part-0.crc", "c/d/e.parquet"]
    assert skipped == [
        SkippedFile(".git", "hidden"),
        SkippedFile(".hidden", "hidden"),
        SkippedFile("_delta_log", "mark of a table writer"),
        SkippedFile("b/_SUCCESS", "mark of a table writer"),
        SkippedFile("b/_committed_12", "mark of a table writer"),
        SkippedFile("empty.log", "empty"),
    ]


def test_find_files__keeps_the_order_of_arguments(folder):
    """Paths come in the order given, named as they were given."""
    absolute = str(folder / "a.log")
    assert names(["c", absolute, "b/2.log"]) == ["c/d/e.parquet", absolute, "b/2.log"]


def test_find_files__reads_a_file_once(folder):
    """A file named twice, by two names or through a link, is read once, under its first name."""
    Path("link.log").symlink_to("a.log")
    skipped = []
    assert names(["a.log", "./a.log", str(folder / "a.log"), "link.log"], skipped) == ["a.log"]
    expected = ["./a.log", str(folder / "a.log"), "link.log"]
    assert skipped == [SkippedFile(name, "found twice") for name in expected]


def test_find_files__expands_patterns(folder):
    """Patterns match files at any depth, and folders, whose files are read."""
    assert names(["b/*.log"]) == ["b/10.log", "b/2.log"]
    assert names(["**/*.log"]) == ["a.log", "b/10.log", "b/2.log"]
    assert names(["[c]"]) == ["c/d/e.parquet"]


def test_find_files__prefers_a_file_with_that_very_name(folder):
    """A name with brackets that exists is no pattern."""
    (folder / "x[1].log").write_text("x")
    assert names(["x[1].log"]) == ["x[1].log"]


def test_find_files__takes_what_is_named(folder):
    """A hidden file that is named is wanted."""
    assert names([".hidden", "b/_SUCCESS"]) == [".hidden", "b/_SUCCESS"]


def test_find_files__follows_links_but_not_in_circles(folder):
    """Mounted configuration is full of links to folders; one that leads upward ends."""
    Path("link").symlink_to("c")
    Path("c/up").symlink_to("..")
    skipped = []
    assert names(["link"], skipped) == ["link/d/e.parquet"]
    assert skipped == [SkippedFile("link/up", "link to a folder above")]


def test_find_files__ends_in_a_circle(folder):
    """A link to the folder that is being read is told, not followed."""
    Path("b/self").symlink_to(".")
    skipped = []
    assert names(["b"], skipped) == ["b/10.log", "b/2.log", "b/part-0.crc"]
    assert SkippedFile("b/self", "link to a folder above") in skipped


def test_find_files__leaves_out_what_is_no_file(folder):
    """A pipe inside a folder would block."""
    os.mkfifo(folder / "c" / "pipe")
    skipped = []
    assert names(["c"], skipped) == ["c/d/e.parquet"]
    assert skipped == [SkippedFile("c/pipe", "no regular file")]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("gone.log", "expected a file or folder, `gone.log` does not exist"),
        ("a.log/x", "expected a file or folder, `a.log/x` does not exist"),
        ("a" * 300, f"path cannot be read: File name too long - at {'a' * 300}"),
        ("gone*.log", "expected files that match `gone*.log`, found none"),
        ("nothing", "expected files in folder `nothing`, found none to read"),
        (
            "https://logs/a",
            (
                "expected a path or a URL that begins with `s3://`, `gs://` or `abfss://`, got `https://logs/a`; copy "
                "it to a file first"
            ),
        ),
        ("s3:///a.log", "expected the name of a bucket in the URL, got `s3:///a.log`"),
    ],
)
def test_find_files__says_what_is_missing(folder, path, message):
    """A path without a file is an error, with a sentence."""
    (folder / "nothing").mkdir()
    with pytest.raises(SourceError) as caught:
        find_files([path])
    assert str(caught.value) == message


def test_find_files__copies_standard_input(monkeypatch):
    """Standard input is spooled, read once, and the copy goes away with the object."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"a line\n")))
    skipped = []
    (file,) = find_files(["-", "-"], skipped)
    assert skipped == [SkippedFile("-", "found twice")]
    assert (file.name, file.size, file.read_bytes()) == ("-", 7, b"a line\n")
    path = file.path
    assert path.exists()
    del file
    gc.collect()
    assert not path.exists()


def test_find_files__copies_a_named_pipe(tmp_path):
    """What a shell hands on as a pipe is read like standard input."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"content",))
    writer.start()
    (file,) = find_files([str(pipe)])
    writer.join()
    assert (file.name, file.size, file.read_bytes()) == (str(pipe), 7, b"content")


def test_read_bytes__decompresses_and_is_bounded(tmp_path):
    """A document may be compressed, and may not take all memory."""
    path = tmp_path / "cluster.json"
    path.write_bytes(gzip.compress(bytes(1_000_000)))
    (file,) = find_files([str(path)])
    assert file.read_bytes() == bytes(1_000_000)
    with pytest.raises(SourceError) as caught:
        file.read_bytes(limit=999_999)
    message = "file holds more than the 999999 decompressed bytes read at once; split it"
    assert str(caught.value) == f"{message} - at {path}"


def test_head__returns_what_there_is(tmp_path):
    """The head of a short or broken file is what can be read of it."""
    path = tmp_path / "flows"
    for content, expected in ((b"abc", b"abc"), (gzip.compress(b"abc")[:-4], b"abc"), (b"\x1f\x8b", b"")):
        path.write_bytes(content)
        (file,) = find_files([str(path)])
        assert file.head(10) == expected


def test_read_at__returns_bytes_as_they_lie_there(tmp_path, monkeypatch):
    """Bytes anywhere in a file, fewer at its end; of a pipe they are those of a copy."""
    (tmp_path / "flows").write_bytes(b"0123456789")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"0123456789")))
    for name in (str(tmp_path / "flows"), "-"):
        (file,) = find_files([name], as_streams=True)
        assert (file.read_at(3, 4), file.read_at(8, 4), file.stored_size()) == (b"3456", b"89", 10)
        room = bytearray(4)
        assert (file.read_into(8, memoryview(room)), bytes(room[:2])) == (2, b"89")


def test_sha256__hashes_what_lies_on_disk(tmp_path):
    """The hash is that of the stored bytes, compressed as they are, as ``sha256sum`` prints it."""
    path = tmp_path / "flows"
    path.write_bytes(gzip.compress(b"abc"))
    (file,) = find_files([str(path)])
    assert file.sha256() == hashlib.sha256(path.read_bytes()).hexdigest()


def test_sha256__ends_when_nobody_waits_for_it(tmp_path):
    """The hash of a large file is given up where its answer has no use any more."""
    path = tmp_path / "flows"
    path.write_bytes(bytes(3 << 20))
    (file,) = find_files([str(path)])
    asked = iter([False, True])
    assert file.sha256(lambda: next(asked)) is None


def test_read_bytes__refuses_bombs(tmp_path):
    """What grows past 64 MiB and 200 times its size is not read to its end."""
    path = tmp_path / "cluster.json"
    path.write_bytes(gzip.compress(bytes(65 << 20)))
    (file,) = find_files([str(path)])
    with pytest.raises(SourceError) as caught:
        file.read_bytes()
    message = "file holds more than the 67108864 decompressed bytes read at once; split it"
    assert str(caught.value) == f"{message} - at {path}"


@pytest.mark.parametrize("ask", ["open", "sha256"])
def test_open__says_why_a_file_cannot_be_opened(tmp_path, ask):
    """A file that went away is an error with its name."""
    path = tmp_path / "flows"
    path.write_bytes(b"abc")
    (file,) = find_files([str(path)])
    path.unlink()
    with pytest.raises(SourceError) as caught:
        getattr(file, ask)()
    verb = "opened" if ask == "open" else "read"
    assert str(caught.value) == f"file cannot be {verb}: No such file or directory - at {path}"


def _failing(*_args, **_kwargs):
    raise OSError(errno.EIO, "Input/output error")


def test_find_files__says_why_a_folder_cannot_be_read(folder, monkeypatch):
    """A folder that the system does not list is an error, not an empty folder."""
    monkeypatch.setattr(os, "scandir", _failing)
    with pytest.raises(SourceError) as caught:
        find_files(["b"])
    assert str(caught.value) == "folder cannot be read: Input/output error - at b"


def test_find_files__says_why_standard_input_cannot_be_kept(monkeypatch):
    """Without room for temporary files standard input cannot be read."""
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", _failing)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"a line\n")))
    with pytest.raises(SourceError) as caught:
        find_files(["-"])
    assert str(caught.value) == "input cannot be copied to a temporary file: Input/output error - at -"


def test_find_files__says_why_a_pipe_cannot_be_opened(folder, monkeypatch):
    """A pipe that goes away between two looks is an error with its name."""
    os.mkfifo(folder / "pipe")
    monkeypatch.setattr(os, "open", _failing)
    with pytest.raises(SourceError) as caught:
        find_files(["pipe"])
    assert str(caught.value) == "file cannot be opened: Input/output error - at pipe"


def test_open__says_why_a_file_cannot_be_read(tmp_path):
    """A disk that fails at the first byte is an error with the file's name."""
    path = tmp_path / "flows"
    raw = Raw(SimpleNamespace(readinto=_failing, close=lambda: None))
    with pytest.raises(SourceError) as caught:
        ByteStream(str(path), raw)
    assert str(caught.value) == f"file cannot be read: Input/output error - at {path}"
