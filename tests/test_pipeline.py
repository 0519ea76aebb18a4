"""The batch run: same rows whatever the threads and parts, everything counted, progress that tells the truth."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from blake3 import blake3

import auditor
from auditor import pipeline
from auditor.compiler.build import build
from auditor.config import AuditOptions
from auditor.demo.write import write_demo
from auditor.errors import RejectLimitError, SourceError
from auditor.flows.options import FlowOptions
from auditor.ir.model import Inventory, Switches
from auditor.loading import load
from auditor.pipeline import Audit
from auditor.reading import Reading
from auditor.run import Run
from auditor.sources.files import find_files
from tests.end_to_end.breaking import TABLE, hubble, ipc
from tests.small_cluster import ALLOWED, FLOWS, HEADER, VIOLATION, cluster, flow

__all__ = ["cluster"]

SMALL = FlowOptions(block_bytes=512, max_part_rows=7)


@pytest.fixture
def tables(cluster):
    """Return the tables of the small cluster."""
    return auditor.compile("policies.yaml", "cluster.json")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Write the demonstration."""
    return write_demo(tmp_path_factory.mktemp("demo"), 4_000, 1_500)


def arrow_files(folder):
    """Return the bytes of every Arrow file of a report."""
    return {path.name: path.read_bytes() for path in sorted(Path(folder).glob("*.arrow"))}


def audited(tables, path="flows.log", progress=None, **options):
    """Return a finished pass and its rows."""
    audit = Audit(tables, find_files([path]), AuditOptions(**options), progress)
    return audit, list(audit.rows())


@pytest.mark.jit_only
@pytest.mark.parametrize("rows", ["violations", "all"])
def test_audit__writes_the_same_bytes_whatever_the_threads_and_parts(demo, tmp_path, rows):
    """Every Arrow file of a report is the same, byte for byte, with 1, 2 and 4 threads, large and small parts."""
    tables = auditor.compile(demo.policies, demo.inventory)
    broken = tmp_path / "broken.log"
    broken.write_text(HEADER + (ALLOWED + "5 x\n" + VIOLATION + "5 99999 1\n") * 40, encoding="utf-8")
    flows = [str(demo.flows), str(broken)]
    reports = {}
    for threads in (1, 2, 4):
        for number, sizes in enumerate((FlowOptions(), FlowOptions(block_bytes=60_000, max_part_rows=333))):
            out = tmp_path / f"{threads}-{number}"
            Run(tables, flows, AuditOptions(rows=rows, threads=threads, flows=sizes)).write(out)
            reports[threads, number] = arrow_files(out)
    first = reports.pop((1, 0))
    assert len(first) == 4
    assert [key for key, files in reports.items() if files != first] == []


def test_audit__keeps_the_order_of_the_input(tables):
    """Every flow is a row, in the order of files and rows, however small the parts and many the threads."""
    Path("flows.log").write_text(HEADER + (ALLOWED + VIOLATION) * 200, encoding="utf-8")
    _, batches = audited(tables, rows="all", threads=4, flows=SMALL)
    found = pa.Table.from_batches(batches).column("source_row").to_pylist()
    assert found == list(range(2, 402))


def test_audit__weighs_a_part_by_its_counts_and_what_is_reported_of_it(tables, monkeypatch):
    """That is what is kept of logs that are read ahead of their turn."""
    Path("flows.log").write_text(HEADER + (ALLOWED + VIOLATION) * 200, encoding="utf-8")
    weighed = []

    class Noting(Reading):
        def __init__(self, logs, judge, weigh, *others):
            def noted(done):
                weighed.append((weigh(done), done.tally.n_bytes, done.reported.n_bytes))
                return weighed[-1][0]

            super().__init__(logs, judge, noted, *others)

    monkeypatch.setattr(pipeline, "Reading", Noting)
    audited(tables)
    ((n_bytes, of_tally, of_reported),) = weighed
    assert n_bytes == of_tally + of_reported
    assert of_reported >= 200 * 100
    assert of_tally > 0


def test_audit__counts_every_row_once(tables):
    """Rows read are flows, skipped and rejected rows, of each file and of all."""
    Path("flows.log").write_text(FLOWS + "5 broken\n" + HEADER, encoding="utf-8")
    audit, _ = audited(tables, flows=SMALL)
    totals = audit.totals
    assert (totals.n_rows, totals.n_flows, totals.n_skipped, totals.n_rejected) == (10, 7, 2, 1)
    assert sum(totals.findings.values()) == sum(totals.verdicts.values()) == totals.n_flows


def test_audit__stops_at_the_first_rejected_row_if_asked(tables):
    """`on_rejected=fail` ends the run with the place of the row."""
    Path("flows.log").write_text(FLOWS + "5 broken\n" + VIOLATION, encoding="utf-8")
    with pytest.raises(RejectLimitError) as caught:
        audited(tables, on_rejected="fail")
    assert str(caught.value) == (
        "expected no rejected row under `--on-rejected fail`, came one: number of fields is not that of the header or "
        "--vpc-format - at flows.log:9"
    )


def test_audit__refuses_a_log_of_no_format_before_it_begins(tables):
    """A file that nobody understands is not left out of a long run unnoticed."""
    Path("other.log").write_text("nothing\n", encoding="utf-8")
    with pytest.raises(SourceError, match="format not recognised"):
        Audit(tables, find_files(["flows.log", "other.log"]), AuditOptions())


def test_audit__hashes_what_it_read(tables):
    """Inputs are listed with format and hash; one that went away meanwhile is missing."""
    audit, _ = audited(tables)
    (entry,) = audit.inputs
    assert (entry.format, len(entry.digest)) == ("vpc-text", 64)

    audit = Audit(tables, find_files(["flows.log"]), AuditOptions())
    Path("flows.log").unlink()
    assert list(audit.rows()) == []
    assert audit.missing == [
        "file cannot be opened: No such file or directory - at flows.log",
        "file cannot be read: No such file or directory - at flows.log",
    ]
    assert audit.inputs[0].digest is None


@pytest.mark.parametrize("kind", ["text", "gzip", "parquet", "arrow"])
@pytest.mark.parametrize(("name", "hashed"), [("blake3", blake3), ("sha256", hashlib.sha256), ("none", None)])
def test_audit__hashes_with_what_is_chosen(tables, kind, name, hashed):
    """The hash is that of the bytes on disk, whether they are read in order or not, under the name of the algorithm."""
    log = write_log(kind)
    record = Run(tables, [log], AuditOptions(hash=name)).write("report").record
    expected = None if hashed is None else hashed(Path(log).read_bytes()).hexdigest()
    assert record.inputs[-1].digest == expected
    assert record.options["hash"] == name
    stored = json.loads(Path("report/run.json").read_bytes())["inputs"]
    assert [sorted(entry.keys() & {"sha256", "blake3", "none"}) for entry in stored] == [
        ["sha256"],
        ["sha256"],
        [] if hashed is None else [name],
    ]


def test_audit__hashes_a_broken_file_too(tables):
    """What cannot be read to its end is still named by its bytes."""
    Path("cut.log.gz").write_bytes(gzip.compress((HEADER + VIOLATION * 99).encode())[:-20])
    audit, _ = audited(tables, "cut.log.gz")
    assert len(audit.missing) == 1
    assert audit.inputs[0].digest == blake3(Path("cut.log.gz").read_bytes()).hexdigest()


def write_log(kind):
    """Write 600 flows of a kind; return the name."""
    text = HEADER + "".join(flow("198.51.100.9", "10.0.0.2", port) for port in range(1, 601))
    csv = "src_ip,dst_ip,protocol,dst_port\n" + "198.51.100.9,10.0.0.2,6,80\n" * 600
    many = pa.concat_tables([TABLE] * 150).combine_chunks()
    vpc = pa.table(
        {
            "srcaddr": many["src_ip"],
            "dstaddr": many["dst_ip"],
            "dstport": many["dst_port"],
            "protocol": pa.repeat(6, 600),
        }
    )
    if kind == "text":
        Path(kind).write_text(text, encoding="utf-8")
    elif kind == "gzip":
        Path(kind).write_bytes(
            b"".join(gzip.compress(line.encode()) for line in text.splitlines(keepends=True))
        )
    elif kind == "hubble":
        Path(kind).write_text(hubble() * 600, encoding="utf-8")
    elif kind == "array":
        Path(kind).write_text(f"[{','.join([hubble()] * 600)}]", encoding="utf-8")
    elif kind == "csv":
        Path(kind).write_text(csv, encoding="utf-8")
    elif kind in ("parquet", "large group", "vpc", "large vpc group"):
        size = 600 if kind.startswith("large") else 5
        pq.write_table(vpc if "vpc" in kind else many, kind, row_group_size=size)
    else:
        Path(kind).write_bytes(ipc(many, as_stream=kind == "stream", rows=5))
    return kind


@pytest.mark.parametrize(
    "kind",
    [
        "text",
        "gzip",
        "csv",
        "hubble",
        "array",
        "parquet",
        "large group",
        "vpc",
        "large vpc group",
        "arrow",
        "stream",
    ],
)
def test_progress__moves_within_a_file(tables, kind, monkeypatch):
    """The share grows with the parts of one file and ends at the whole of it, whatever the format."""
    monkeypatch.setattr("auditor.sources.inflate.PIECE", 512)
    monkeypatch.setattr("auditor.sources.gzip_reader.PIECE", 512)
    shares, counts = [], []

    def look(n_flows, share):
        counts.append(n_flows)
        shares.append(share)

    audited(tables, write_log(kind), look, threads=2, flows=SMALL)
    assert counts == sorted(counts)
    assert counts[-1] == 600
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.3
    assert shares[-1] == pytest.approx(1.0, abs=0.02)
    assert len(set(shares)) > 8


def test_progress__counts_files_by_their_bytes(tables):
    """Of two files, one three times as large, the first is a quarter or three quarters of the way."""
    Path("a.log").write_text(HEADER + VIOLATION * 10, encoding="utf-8")
    Path("b.log").write_text((HEADER + VIOLATION * 10) * 3, encoding="utf-8")
    shares = []
    audited(tables, "*.log", lambda _, share: shares.append(share))
    sizes = [Path(name).stat().st_size for name in ("a.log", "b.log", "flows.log")]
    done = [sum(sizes[: n + 1]) / sum(sizes) for n in range(3)]
    assert shares == pytest.approx(done)


def test_progress__may_stop_the_run(tables, tmp_path):
    """What progress raises ends the run between two parts, and what was finished is written."""
    Path("flows.log").write_text(HEADER + VIOLATION * 500, encoding="utf-8")

    def look(n_flows, _):
        if n_flows > 50:
            raise KeyboardInterrupt

    run = Run(tables, ["flows.log"], AuditOptions(flows=SMALL))
    with pytest.raises(KeyboardInterrupt):
        run.write("report", progress=look)
    n_flows = run.totals.n_flows
    assert 50 < n_flows < 500
    rows = pa.ipc.open_file("report/violations-00000.arrow").read_all()
    assert rows.column("source_row").to_pylist() == list(range(2, 2 + n_flows))


def test_build__needs_no_pod(cluster):
    """Policies of a cluster without pods compile, and bind nobody."""
    policies = load(["policies.yaml"], None).policies
    tables = build(policies, Inventory(), Switches("allow", "strict"))
    audit, _ = audited(tables)
    assert audit.totals.findings["VIOLATION"] == 0
