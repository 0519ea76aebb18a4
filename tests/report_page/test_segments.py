"""What the Kafka service wrote, added up like a report."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pyarrow as pa
import pytest

from auditor.errors import SourceError
from auditor.report_page.build import report_page
from auditor.report_page.read import read_report
from auditor.service.chain import Chain
from auditor.service.facts import SegmentFacts
from auditor.service.segments import ROWS
from auditor.service.storage import LocalStorage
from tests.console import auditor
from tests.small_cluster import AUDIT

TOPIC, ID = "flows", "x7Yz-_topicid"


@pytest.fixture
def segments(cluster):
    """Return a folder of segments, a message each row, beside the report of an audit of the same flows."""
    assert auditor(*AUDIT, "--rows", "all").code == 1
    rows = pa.ipc.open_file("report/verdicts-00000.arrow").read_all()
    chain = Chain(LocalStorage(Path("segments")), TOPIC, ID, 0)
    chain.begin(0, "w", 0)
    for start, end in ((0, 3), (3, rows.num_rows)):
        chain.publish(
            facts_of(rows.slice(start, end - start), start, end),
            in_topic(rows.slice(start, end - start), start),
        )
    return Path("segments")


def in_topic(rows, start):
    """Return rows of a report as rows of a segment."""
    known = {
        "topic": pa.array([TOPIC] * len(rows)).dictionary_encode().cast(ROWS.field("topic").type),
        "partition": pa.array([0] * len(rows), pa.int32()),
        "offset": pa.array(range(start, start + len(rows)), pa.int64()),
    }
    columns = [known[name] if name in known else rows[name] for name in ROWS.names]
    return pa.table(columns, schema=ROWS)


def facts_of(rows, start, end, **more):
    """Return the facts of a segment."""
    finding = [name.lower() for name in rows["finding"].to_pylist()]
    counts = {
        name: finding.count(name) for name in ("violation", "misdropped", "undecided", "blocked", "permitted")
    }
    counts |= {"messages": end - start, "flows": len(rows)}
    return SegmentFacts(
        topic=TOPIC, topic_id=ID, partition=0, start=start, end=end, writer="w", created_ms=1_767_600_000_000,
        tables="t" * 64, rows="all", n_rows=len(rows), counts=counts, **more,
    )  # fmt: skip


def test_read_segments__adds_up_what_an_audit_would(segments):
    """The same groups as the report of an audit of the same flows, with offsets for examples."""
    found, expected = read_report(segments), read_report("report")
    assert found.summary.drop("examples").equals(expected.summary.drop("examples"))
    assert found.summary["examples"][0].to_list()[0].startswith("flows/0:")
    assert found.run.flows.finding == expected.run.flows.finding
    assert found.has_all_flows
    assert found.run.complete
    assert sum(batch.num_rows for batch in found.rows()) == expected.run.flows.classified


def test_read_segments__reads_merged_files_once(segments):
    """Merging changes nothing, nor do files that merging has not removed yet."""
    before = read_report(segments)
    folder = segments / TOPIC / ID / "p=0"
    parts = {path: path.read_bytes() for path in folder.glob("*.arrow")}
    for path in parts:
        os.utime(path, (0, 0))
    assert auditor("compact", segments).code == 0
    merged = read_report(segments)
    assert merged.summary.equals(before.summary)
    for path, content in parts.items():
        path.write_bytes(content)
    assert read_report(segments).summary.equals(before.summary)


def test_read_segments__says_that_files_went_away(segments):
    """Files merged while they are read: try again."""
    report = read_report(segments)
    path = max((segments / TOPIC / ID / "p=0").glob("0*.arrow"))
    name = path.relative_to(segments)
    content = path.read_bytes()
    path.unlink()
    message = f"expected a file that was there a moment ago: run it again - at {name}"
    with pytest.raises(SourceError, match=f"^{re.escape(message)}$"):
        list(report.rows())
    path.write_bytes(content[:100])
    message = f"the file of a segment is torn: it has 100 bytes and no end - at {name}"
    with pytest.raises(SourceError, match=f"^{re.escape(message)}$"):
        list(report.rows())


def test_read_segments__names_partitions_without_a_segment(segments):
    """One that was begun only."""
    Chain(LocalStorage(segments), TOPIC, ID, 1).begin(0, "w", 0)
    inputs = [found.file for found in read_report(segments).run.inputs if found.role == "flows"]
    assert inputs == ["flows/0, offsets 0 to 6", "flows/1, no segment"]


def test_report__of_segments_is_a_page(segments):
    """Messages and partitions instead of rows and logs; rules are not counted, and this is said."""
    ended = auditor("report", segments, "-o", "page.html")
    assert ended == (0, "", "wrote page.html\n")
    page = Path("page.html").read_text(encoding="utf-8")
    assert "<dt>Messages rejected</dt>" in page
    assert "What each rule decided was not counted" in page
    assert "flows/0, offsets 0 to 6" in page
    assert page == report_page(read_report(segments))


def test_report__of_damaged_segments_is_incomplete(segments):
    """What cannot be read is left out, named, and the exit code is 3."""
    path = max((segments / TOPIC / ID / "p=0").glob("0*.arrow"))
    path.write_bytes(path.read_bytes()[:100])
    assert auditor("report", segments, "-o", "page.html").code == 3
    page = Path("page.html").read_text(encoding="utf-8")
    assert "Incomplete: the file of a segment is torn: it has 100 bytes and no end" in page
