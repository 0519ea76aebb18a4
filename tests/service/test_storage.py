"""A folder as a storage: what it promises, and what it says when the disk fails."""

from __future__ import annotations

import errno
import os
from contextlib import suppress

import pytest

from auditor.errors import SinkError
from auditor.service.storage import LocalStorage
from tests.service.making import Faults, chain_of, contents_of, disagreements, segment_of, write_on

FULL = OSError(errno.ENOSPC, "No space left on device")
BROKEN = OSError(errno.EIO, "Input/output error")
READ_ONLY = OSError(errno.EROFS, "Read-only file system")


def test_create__takes_a_name_once(tmp_path):
    """What is there stays, and writing the same again counts as written."""
    storage = LocalStorage(tmp_path / "new" / "out")
    assert storage.create("a/b", b"one")
    assert not storage.create("a/b", b"two")
    assert storage.create("a/b", b"one")
    assert storage.read("a/b") == b"one"
    assert storage.names("") == ["a/b"]


def test_names__are_those_below_a_prefix(tmp_path):
    """Names come sorted, below a folder, behind a name; nothing is an empty list."""
    storage = LocalStorage(tmp_path)
    for name in ("b/2", "b/1", "b/c/3", "a"):
        storage.create(name, name.encode())
    assert storage.names("") == ["a", "b/1", "b/2", "b/c/3"]
    assert storage.names("b/") == ["b/1", "b/2", "b/c/3"]
    assert storage.names("b/", after="b/1") == ["b/2", "b/c/3"]
    assert storage.names("z/") == []


def test_remove__takes_away_what_is_there(tmp_path):
    """Removing twice is removing; times and contents of nothing are None."""
    storage = LocalStorage(tmp_path)
    storage.create("a/b", b"one")
    assert storage.modified_s("a/b") == (tmp_path / "a" / "b").stat().st_mtime
    storage.remove("a/b")
    storage.remove("a/b")
    assert (storage.read("a/b"), storage.modified_s("a/b"), storage.read("z/z")) == (None, None, None)


def test_replace__writes_over(tmp_path):
    """A hint has the newest content."""
    storage = LocalStorage(tmp_path)
    storage.replace("LATEST", b"1")
    storage.replace("LATEST", b"2")
    assert storage.read("LATEST") == b"2"
    assert storage.names("") == ["LATEST"]


@pytest.mark.parametrize(
    ("function", "call", "error"),
    [
        pytest.param("write", 0, FULL, id="f41-full-at-once"),
        pytest.param("write", 1, FULL, id="f41-full-in-the-middle"),
        pytest.param("link", 0, FULL, id="f41-full-at-link"),
        pytest.param("open", 4, FULL, id="f41-full-at-open"),
        pytest.param("write", 1, BROKEN, id="f42-write"),
        pytest.param("fsync", 3, BROKEN, id="f42-fsync-of-the-file"),
        pytest.param("fsync", 4, BROKEN, id="f42-fsync-of-the-folder-before"),
        pytest.param("fsync", 5, BROKEN, id="f42-fsync-of-the-folder-after"),
        pytest.param("link", 0, BROKEN, id="f42-link"),
        pytest.param("unlink", 0, BROKEN, id="f42-unlink"),
        pytest.param("close", 4, BROKEN, id="f42-close"),
        pytest.param("open", 4, READ_ONLY, id="f43-read-only"),
    ],
)
def test_publish__is_tried_again_after_a_fault(tmp_path, function, call, error):
    """Whatever failed, the same call made again ends in one segment, written to a file of its own."""
    chain_of(LocalStorage(tmp_path)).begin(0, "w", 0)
    faults = Faults({function: (call, error)})
    chain = chain_of(LocalStorage(tmp_path, system=faults))
    made = segment_of(0, 9)
    name = chain.name.segment(0)
    if function == "unlink":
        # A temporary file that stays is garbage, no failure.
        assert chain.publish(*made).end == 9
    else:
        with pytest.raises(SinkError) as caught:
            chain._storage.create(name, b"x")  # noqa: SLF001
        assert str(caught.value) == f"cannot write `{name}`: {error.strerror} - at {tmp_path}"
        (tmp_path / name).unlink(missing_ok=True)
        assert chain.publish(*made).end == 9
    assert disagreements(contents_of(tmp_path), 9) == []
    assert faults.calls[function] > call


@pytest.mark.parametrize("function", ["write", "fsync", "link", "close", "open", "mkdir", "scandir", "fstat"])
def test_publish__holds_after_any_call_failed_f42(tmp_path, function):
    """Each call to the system in turn fails; the consumer tries again, and nothing is lost or there twice."""
    call = 0
    while True:
        folder = tmp_path / str(call)
        folder.mkdir()
        faults = Faults({})
        storage = LocalStorage(folder, system=faults)
        faults.failing[function] = (call, BROKEN)
        for _ in range(3):
            with suppress(SinkError):
                write_on(storage, 9, 5, "a")
        assert disagreements(contents_of(folder), 9) == []
        if faults.calls[function] <= call:
            break
        call += 1
    assert call > 1


def test_create__syncs_a_descriptor_once_f42(tmp_path):
    """A descriptor whose sync failed is never synced again: the kernel may have dropped its pages."""
    synced = []

    class Disk(Faults):
        def fsync(self, descriptor):
            status = os.fstat(descriptor)
            if not os.path.stat.S_ISDIR(status.st_mode):
                synced.append(status.st_ino)
                if len(synced) == 1:
                    # Kept open, so that its number is not used again.
                    kept.append(os.dup(descriptor))
                    raise BROKEN

    kept = []
    storage = LocalStorage(tmp_path, system=Disk({}))
    with pytest.raises(SinkError):
        storage.create("a", b"content")
    assert list(tmp_path.iterdir()) == []
    assert storage.create("a", b"content")
    assert len(set(synced)) == 2
    os.close(kept[0])


def test_create__refuses_a_folder_that_is_gone_f43(tmp_path):
    """A folder that was removed or replaced is told, for reading and writing."""
    folder = tmp_path / "out"
    storage = LocalStorage(folder)
    folder.rename(tmp_path / "elsewhere")
    message = f"the folder was moved or removed while it was in use - at {folder}"
    for _ in range(2):
        for ask in (lambda: storage.create("a", b""), lambda: storage.names(""), lambda: storage.read("a")):
            with pytest.raises(SinkError) as caught:
                ask()
            assert str(caught.value) == message
        folder.mkdir(exist_ok=True)


def test_local_storage__expects_a_folder(tmp_path):
    """A file, and nothing where something must be, are told."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SinkError) as caught:
        LocalStorage(tmp_path / "file")
    assert str(caught.value) == f"expected a folder, found a file - at {tmp_path / 'file'}"
    with pytest.raises(SinkError) as caught:
        LocalStorage(tmp_path / "none", create=False)
    assert str(caught.value) == f"expected a folder, it does not exist - at {tmp_path / 'none'}"


def test_create__never_follows_a_link(tmp_path):
    """A folder that is a link to another place is no part of the storage."""
    outside = tmp_path / "outside"
    outside.mkdir()
    storage = LocalStorage(tmp_path / "out")
    (tmp_path / "out" / "flows").symlink_to(outside)
    with pytest.raises(SinkError) as caught:
        storage.create("flows/a", b"")
    assert str(caught.value) == f"cannot write `flows/a`: Not a directory - at {tmp_path / 'out'}"
    assert list(outside.iterdir()) == []


def test_close__lets_go_of_the_folder(tmp_path):
    """After closing, the folder cannot be used."""
    storage = LocalStorage(tmp_path)
    storage.close()
    with pytest.raises(SinkError) as caught:
        storage.names("")
    assert str(caught.value) == f"cannot list the folder: Bad file descriptor - at {tmp_path}"
