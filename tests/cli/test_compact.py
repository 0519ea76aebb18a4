"""`auditor compact`: what it says, and its exit codes."""

from __future__ import annotations

import json
import os

import pytest
import yaml

from auditor.service.storage import LocalStorage
from tests.console import auditor
from tests.service.making import FOLDER, contents_of, disagreements, write_chain

MERGED = f"{FOLDER}{0:020}-{9:020}.arrow"


@pytest.fixture
def folder(tmp_path):
    """Return a folder with three segments of long ago."""
    for name in write_chain(LocalStorage(tmp_path), [5, 9, 12]):
        os.utime(tmp_path / name, (0, 0))
    return tmp_path


def test_compact__merges_and_says_so(folder):
    """Once, and then there is nothing to do."""
    assert auditor("compact", folder) == (0, "1 merged file, 2 removed\n", "")
    assert auditor("compact", folder) == (0, "0 merged files, 0 removed\n", "")
    assert MERGED in contents_of(folder)
    assert disagreements(contents_of(folder), 12) == []
    assert auditor("verify", folder).code == 0


def test_compact__leaves_the_young_alone(tmp_path):
    """What was written just now stays, whatever its writer's clock said."""
    write_chain(LocalStorage(tmp_path), [5, 9, 12])
    assert auditor("compact", tmp_path, "--older-than", "1") == (0, "0 merged files, 0 removed\n", "")
    ended = auditor("compact", tmp_path, "--older-than", "0.5")
    assert (ended.code, ended.out) == (2, "")


@pytest.mark.parametrize(("output", "read"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_compact__prints_for_programs(folder, output, read):
    """Names of files are fields."""
    ended = auditor("compact", folder, "-o", output)
    assert (ended.code, ended.err) == (0, "")
    removed = [f"{FOLDER}{start:020}.arrow" for start in (0, 5)]
    assert read(ended.out) == {"merged": [MERGED], "removed": removed, "problems": []}


def test_compact__says_what_it_left_alone(folder):
    """Files that are not sound are code 1."""
    name = f"{FOLDER}{0:020}.arrow"
    (folder / name).write_bytes(b"")
    message = "the file of a segment is empty: the disk lost what was written"
    assert auditor("compact", folder) == (
        1,
        f"left alone: {message} - at {name}\n0 merged files, 0 removed\n",
        "",
    )
