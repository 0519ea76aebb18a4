"""`auditor verify`: the proof for people and programs, and its exit codes."""

from __future__ import annotations

import json

import pytest
import yaml

from auditor.service.gaps import RETENTION, publish_gap
from auditor.service.storage import LocalStorage
from tests.console import auditor
from tests.service.making import FOLDER, ID, chain_of, write_chain

HEADINGS = "  TOPIC  PARTITION  FIRST  END  FILES  ROWS  NEVER READ\n"


def test_verify__says_that_a_folder_is_whole(tmp_path):
    """A table of partitions, one sentence, code 0."""
    write_chain(LocalStorage(tmp_path), [5, 9])
    assert auditor("verify", tmp_path) == (
        0,
        f"{HEADINGS}  flows          0      0    9      2     7           0\nevery offset stands here once\n",
        "",
    )


def test_verify__lists_gaps(tmp_path):
    """Offsets that nobody read are code 3."""
    storage = LocalStorage(tmp_path)
    write_chain(storage, [5])
    chain = chain_of(storage)
    chain.first()
    publish_gap(chain, 5, 9, RETENTION, "w", 0)
    ended = auditor("verify", tmp_path)
    assert ended.code == 3
    assert ended.out.splitlines()[2:] == [
        f"gap: retention: offsets `5` to `8` were never read - at {FOLDER}{5:020}.arrow",
        "every offset stands here once, or in 1 gap",
    ]


def test_verify__lists_errors(tmp_path):
    """What is not whole is code 1, gaps or not."""
    storage = LocalStorage(tmp_path)
    names = write_chain(storage, [5, 9, 12])
    storage.remove(names[1])
    ended = auditor("verify", tmp_path)
    assert ended.code == 1
    assert ended.out.splitlines()[2:] == [
        f"error: hole: offsets `5` to `8` stand in no file - at {names[2]}",
        "not whole: 1 error",
    ]
    (tmp_path / names[2]).write_bytes(b"")
    (tmp_path / names[0]).write_bytes(b"x")
    ended = auditor("verify", tmp_path)
    assert (ended.code, ended.out.splitlines()[1], ended.out.splitlines()[-1]) == (
        1,
        "  flows          0      -    -      0     0           0",
        "not whole: 2 errors",
    )


@pytest.mark.parametrize(("output", "read"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_verify__prints_for_programs(tmp_path, output, read):
    """Everything is a field."""
    storage = LocalStorage(tmp_path)
    write_chain(storage, [5])
    storage.create(f"{FOLDER}odd", b"")
    ended = auditor("verify", tmp_path, "-o", output)
    assert (ended.code, ended.err) == (0, "")
    assert read(ended.out) == {
        "sound": True,
        "gaps": False,
        "partitions": [
            {
                "topic": "flows",
                "topic_id": ID,
                "partition": 0,
                "first": 0,
                "end": 5,
                "files": 1,
                "rows": 4,
                "never_read": 0,
                "counts": {"flows": 7, "messages": 5, "permitted": 3, "violation": 4},
            }
        ],
        "found": [
            {
                "level": "note",
                "kind": "foreign",
                "place": f"{FOLDER}odd",
                "message": "no file of this program: ignored",
            }
        ],
    }


def test_verify__refuses_what_is_no_output(tmp_path):
    """A folder without a segment, and no folder at all, are code 2."""
    sentence = "auditor: error: expected a folder that `auditor stream` wrote, found no segment - at "
    assert auditor("verify", tmp_path) == (2, "", f"{sentence}{tmp_path}\n")
    sentence = "auditor: error: expected a folder, it does not exist - at "
    assert auditor("verify", tmp_path / "none") == (2, "", f"{sentence}{tmp_path / 'none'}\n")
    assert not (tmp_path / "none").exists()
