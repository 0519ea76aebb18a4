"""What the tests of reloading rest on."""

from __future__ import annotations

from pathlib import Path

from tests.mounted import mount
from tests.small_cluster import POLICY

__all__ = ["mount"]


def test_mount__is_what_the_kubelet_makes(mount):
    """Every file is a link through a link, and a swap leaves them alone."""
    link = mount.folder / "db.yaml"
    assert link.readlink() == Path("..data/db.yaml")
    before = link.lstat().st_ino
    mount.swap(db=POLICY, more=POLICY)
    assert link.lstat().st_ino == before
    assert sorted(path.name for path in mount.folder.iterdir()) == [
        "..2026_2",
        "..data",
        "db.yaml",
        "more.yaml",
    ]
