"""The demonstration on disk."""

from __future__ import annotations

import hashlib

import pyarrow.parquet as pq
import pytest

from auditor.demo.gaps import GAPS
from auditor.demo.vpc import N_NODATA, N_SKIPDATA
from auditor.demo.write import write_demo
from auditor.errors import SinkError


def digests(folder):
    """Return the hash of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_write_demo__writes_what_it_returns(tmp_path):
    """Every file is there, the Parquet log in four row groups and one of quiet windows."""
    files = write_demo(tmp_path / "demo", n_flows=1_000, n_events=1_500)
    assert sorted(path.name for path in files.policies.iterdir()) == [
        "analytics.yaml",
        "identity.yaml",
        "media.yaml",
        "payments.yaml",
        "platform.yaml",
        "search.yaml",
        "shop.yaml",
    ]
    assert files.inventory.stat().st_size > 100_000
    layout = pq.read_metadata(files.vpc)
    assert layout.num_rows == 1_000 + N_NODATA + N_SKIPDATA
    assert layout.num_row_groups == 5
    assert len(files.hubble.read_text(encoding="utf-8").splitlines()) >= 1_500


def test_write_demo__tells_of_every_gap(tmp_path):
    """The README names each gap with its ends."""
    story = write_demo(tmp_path, n_flows=10, n_events=10).readme.read_text(encoding="utf-8")
    assert [gap.name for gap in GAPS if f"{gap.name} ({gap.finding}, " not in story] == []
    assert max(len(line) for line in story.splitlines()) <= 110


def test_write_demo__repeats_itself(tmp_path):
    """The same seed writes the same bytes, also over an earlier demonstration."""
    first = write_demo(tmp_path / "first", n_flows=100, n_events=100)
    write_demo(tmp_path / "second", n_flows=200, n_events=100, seed=5)
    second = write_demo(tmp_path / "second", n_flows=100, n_events=100)
    assert digests(first.folder) == digests(second.folder)


def test_write_demo__says_where_it_cannot_write(tmp_path):
    """A file in the place of the folder is named."""
    place = tmp_path / "taken"
    place.write_text("", encoding="utf-8")
    with pytest.raises(SinkError) as caught:
        write_demo(place, n_flows=1)
    assert str(caught.value) == f"expected a folder to write to, got `{place}`: Not a directory"
