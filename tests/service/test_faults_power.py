"""Loss of power: only what was synced is there afterwards, and of the rest any part."""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import StateError
from auditor.service.storage import LocalStorage
from auditor.service.verify import verify
from tests.service.making import contents_of, disagreements, write_chain, write_on

ENDS = [5, 9, 12]


class Recorder:
    """The ``os`` module, which writes down what a disk would be asked.

    Attributes
    ----------
    log : list of tuple
        ``("write", inode, content)``, ``("sync", inode)``, ``("entry", folder inode, name, inode or None)``.
    skipped : set of str
        ``file`` or ``folder``: syncs that are said to be done and are not.
    """

    def __init__(self, skipped=()):
        self.log = []
        self.skipped = skipped

    def __getattr__(self, name):
        """Return what is not written down."""
        return getattr(os, name)

    def write(self, descriptor, content):
        """Write."""
        self.log.append(("write", os.fstat(descriptor).st_ino, bytes(content)))
        return os.write(descriptor, content)

    def fsync(self, descriptor):
        """Sync, or forget to."""
        status = os.fstat(descriptor)
        kind = "folder" if os.path.stat.S_ISDIR(status.st_mode) else "file"
        if kind not in self.skipped:
            self.log.append(("sync", status.st_ino))

    def _entry(self, folder, name, inode):
        self.log.append(("entry", os.fstat(folder).st_ino, name, inode))

    def open(self, path, flags, mode=0o777, *, dir_fd=None):
        """Open, and maybe create."""
        descriptor = os.open(path, flags, mode, dir_fd=dir_fd)
        if flags & os.O_CREAT:
            # The number of a file that is gone may be used again.
            self.log.append(("new", os.fstat(descriptor).st_ino))
            self._entry(dir_fd, path, os.fstat(descriptor).st_ino)
        return descriptor

    def mkdir(self, path, *, dir_fd):
        """Make a folder."""
        os.mkdir(path, dir_fd=dir_fd)
        self._entry(dir_fd, path, os.stat(path, dir_fd=dir_fd).st_ino)

    def link(self, source, target, *, src_dir_fd, dst_dir_fd, follow_symlinks):
        """Link."""
        os.link(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd, follow_symlinks=follow_symlinks)
        self._entry(dst_dir_fd, target, os.stat(target, dir_fd=dst_dir_fd).st_ino)

    def rename(self, source, target, *, src_dir_fd, dst_dir_fd):
        """Rename."""
        inode = os.stat(source, dir_fd=src_dir_fd).st_ino
        os.rename(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
        self._entry(src_dir_fd, source, None)
        self._entry(dst_dir_fd, target, inode)

    def unlink(self, path, *, dir_fd):
        """Unlink."""
        os.unlink(path, dir_fd=dir_fd)
        self._entry(dir_fd, path, None)


def after_power_loss(log, root, lucky):
    """Return the files after a loss of power.

    Parameters
    ----------
    log : list of tuple
        What the disk was asked until then.
    root : int
        The inode of the folder.
    lucky : callable
        Whether a change that nobody synced reached the disk all the same.
    """
    disk = Disk(lucky)
    for change in log:
        disk.apply(*change)
    return {name: content for name, content in disk.files(root) if ".tmp-" not in name}


class Disk:
    """What is on a disk, and what is not yet."""

    def __init__(self, lucky):
        self._lucky = lucky
        self._written = {}
        self._durable = {}
        self._pending = {}
        self._entries = {}

    def apply(self, kind, inode, *rest):
        """Do one thing that the disk was asked."""
        if kind == "new":
            self._written[inode] = b""
            self._durable.pop(inode, None)
        elif kind == "write":
            self._written[inode] += rest[0]
        elif kind == "entry":
            self._pending.setdefault(inode, []).append(rest)
        else:
            self._durable[inode] = self._written.get(inode, b"")
            self._entries.setdefault(inode, {}).update(self._pending.pop(inode, []))

    def files(self, folder, prefix=""):
        """Yield names and contents after the power is gone."""
        names = dict(self._entries.get(folder, {}))
        names.update(change for change in self._pending.get(folder, []) if self._lucky())
        for name, inode in names.items():
            if inode in self._written:
                content = self._durable.get(inode)
                if content is None:
                    content = self._written[inode] if self._lucky() else b""
                yield f"{prefix}{name}", content
            elif inode is not None:
                yield from self.files(inode, f"{prefix}{name}/")


def recorded(folder, skipped=()):
    """Write a chain; return what the disk was asked, the inode of the folder, and the log's length by end."""
    recorder = Recorder(skipped)
    storage = LocalStorage(folder, system=recorder)
    told = []
    for end in ENDS:
        write_on(storage, end, 5, f"w{end}")
        told.append((len(recorder.log), end))
    return recorder.log, folder.stat().st_ino, told


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """Return a record of writing a chain properly."""
    return recorded(tmp_path_factory.mktemp("disk"))


@given(share=st.floats(0, 1), seed=st.integers(0, 2**32))
def test_create__lasts_once_it_returned(disk, share, seed):
    """Whenever the power goes, the chain is whole, and holds at least what was said to be published."""
    log, root, told = disk
    luck = random.Random(seed)
    cut = round(share * len(log))
    found = after_power_loss(log[:cut], root, lambda: luck.random() < 0.5)
    assert disagreements(found) == []
    promised = max((end for length, end in told if length <= cut), default=0)
    held = [name for name in found if name.endswith(".arrow")]
    assert len(held) >= sum(end <= promised for end in ENDS)


@pytest.mark.parametrize("skipped", ["file", "folder"])
def test_create__would_lose_without_each_sync_f13_f14(tmp_path, skipped):
    """The recording disk notices a file or a folder that is not synced."""
    log, root, _ = recorded(tmp_path, {skipped})
    found = after_power_loss(log, root, lambda: False)
    if skipped == "file":
        assert {content for name, content in found.items() if name.endswith(".arrow")} == {b""}
    else:
        assert found == {}


def test_create__syncs_the_folder_before_it_links_f06(tmp_path):
    """What a dead writer linked and did not sync is made to last before anything follows it."""
    first, second = Recorder(), Recorder()
    write_on(LocalStorage(tmp_path, system=first), 5, 5, "a")
    names = [entry[2] if entry[0] == "entry" else entry[0] for entry in first.log]
    # The first writer died right after it linked its segment.
    before = first.log[: names.index(f"{0:020}.arrow") + 1]
    write_on(LocalStorage(tmp_path, system=second), 9, 5, "b")
    luck = random.Random(1)
    for cut in range(len(second.log) + 1):
        for _ in range(20):
            log = before + second.log[:cut]
            found = after_power_loss(log, tmp_path.stat().st_ino, lambda: luck.random() < 0.5)
            assert disagreements(found) == []


@pytest.mark.parametrize("kept", [0, 1, 100, -9], ids=["empty", "a-byte", "torn", "no-end"])
def test_end__refuses_a_torn_file_f15(tmp_path, kept):
    """A final file that is not whole stops the chain with a clear error, and verify names it."""
    storage = LocalStorage(tmp_path)
    *_, name = write_chain(storage, ENDS)
    content = contents_of(tmp_path)[name][:kept]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(StateError) as caught:
        write_on(LocalStorage(tmp_path), 20, 5, "b")
    if kept:
        message = f"the file of a segment is torn: it has {len(content)} bytes and no end"
    else:
        message = "the file of a segment is empty: the disk lost what was written"
    assert str(caught.value) == f"{message} - at {name}"
    assert ("error", "damaged", name, message) in verify(storage).found
