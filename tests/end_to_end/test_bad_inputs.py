"""Broken input through the whole program: what is said, what the exit code is, and that the rest is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console import auditor, record, spawned
from tests.end_to_end import broken_calls, broken_documents, broken_flows
from tests.end_to_end.breaking import Broken
from tests.small_cluster import AUDIT, FLOWS, cluster

__all__ = ["cluster"]

CASES = [*broken_flows.CASES, *broken_documents.CASES, *broken_calls.CASES]
KINDS = {0: "warning", 1: "warning", 2: "error", 3: "incomplete"}


def lines_of(case):
    """Return the lines that a case must print to standard error."""
    return "".join(f"auditor: {KINDS[case.code]}: {message}\n" for message in case.messages)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_run__says_what_is_wrong_and_judges_the_rest(cluster, case):
    """One line a failure, the exit code of its kind, no traceback, and every row accounted for."""
    case.write(cluster)
    ended = (spawned if case.spawned else auditor)(*case.arguments, stdin=case.stdin)
    assert (ended.err, ended.code) == (lines_of(case), case.code)
    if case.rows is None:
        assert not list(Path("report").glob("*.arrow"))
        return
    rows = record()["rows"]
    n_rejected = sum(rows["rejected"].values())
    assert (rows["read"], rows["classified"], n_rejected) == case.rows
    assert rows["read"] == rows["classified"] + sum(rows["skipped"].values()) + n_rejected
    assert record()["complete"] is (case.code != 3)


def test_cases__are_distinct():
    """Every case has a name of its own."""
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("threads", ["1", "4"])
def test_run__goes_on_after_a_broken_file(cluster, threads):
    """What lies before and after a file that breaks off is judged; what is missing stands in order of the input."""
    folder = Path("logs")
    for number, case in enumerate(
        case for case in broken_flows.CASES if case.name.endswith(("gzip cut off", "corrupt row group"))
    ):
        Broken("", {f"logs/{number}": case.files["flows.log"]}, ()).write(cluster)
    (folder / "9").write_text(FLOWS, encoding="utf-8")
    ended = auditor(*AUDIT[:-5], "--flows", "logs", "--out", "report", "-q", "--threads", threads)
    assert ended.code == 3
    assert [line.split(" - at ")[1] for line in ended.err.splitlines()] == ["logs/0:2378", "logs/1:1"]
    assert [(each["file"], each["classified"]) for each in record()["files"]] == [
        ("logs/0", 2376),
        ("logs/1", 2),
        ("logs/9", 7),
    ]


def test_run__names_every_unreadable_file(cluster):
    """Two files that hold nothing readable are two lines, and no report."""
    for name in ("a", "b"):
        Path(name).write_bytes(b"\x1f\x8b\x08\x00" + bytes(6))
    ended = auditor(
        *AUDIT[:-5], "--format", "vpc-text", "--flows", "a", "--flows", "b", "--out", "report", "-q"
    )
    reason = "file cannot be read further than 0 decompressed bytes: the gzip stream is cut off"
    assert ended.err == "".join(f"auditor: error: {reason} - at {name}:1\n" for name in "ab")
    assert ended.code == 2
