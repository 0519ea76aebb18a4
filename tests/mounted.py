"""A folder of policies as the kubelet mounts it, and a cluster beside it."""

from __future__ import annotations

import pytest

from tests.small_cluster import INVENTORY, POLICY


class Mount:
    """A folder as the kubelet keeps it: files are links through `..data`, which points at one version of all."""

    def __init__(self, folder):
        self.folder, self.n_versions = folder, 0
        folder.mkdir()

    def swap(self, **files):
        """Bring a new version into place, in one step, as the kubelet does."""
        self.n_versions += 1
        version = self.folder / f"..2026_{self.n_versions}"
        version.mkdir()
        for name, content in files.items():
            (version / f"{name}.yaml").write_text(content, encoding="utf-8")
        before = self.folder / "..data"
        old = before.resolve() if before.is_symlink() else None
        (self.folder / "..data_new").symlink_to(version.name)
        (self.folder / "..data_new").rename(before)
        for link in self.folder.glob("*.yaml"):
            if link.stem not in files:
                link.unlink()
        for name in files:
            link = self.folder / f"{name}.yaml"
            if not link.is_symlink():
                link.symlink_to(f"..data/{name}.yaml")
        if old is not None:
            for each in old.iterdir():
                each.unlink()
            old.rmdir()


@pytest.fixture
def mount(tmp_path):
    """Return a mounted folder with one policy."""
    made = Mount(tmp_path / "policies")
    made.swap(db=POLICY)
    return made


@pytest.fixture
def inventory(tmp_path):
    """Return the file of a small cluster."""
    path = tmp_path / "cluster.json"
    path.write_text(INVENTORY, encoding="utf-8")
    return path
