"""Objects of a store, against a server that speaks S3 on this machine."""

from __future__ import annotations

import gzip
import io
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from blake3 import blake3

import auditor
from auditor.config import AuditOptions
from auditor.errors import SourceError
from auditor.pipeline import Audit
from auditor.run import Run
from auditor.sources import remote
from auditor.sources.files import SkippedFile, find_files
from tests.end_to_end.breaking import TABLE
from tests.small_cluster import FLOWS, HEADER, INVENTORY, POLICY, VIOLATION, cluster
from tests.sources.store import Store

__all__ = ["cluster"]

pytestmark = pytest.mark.jit_only
BUCKET = "flow-logs"
DAY = "AWSLogs/1/vpcflowlogs/eu-west-1/2026/01/05"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Start a server with a bucket in it."""
    store = Store(tmp_path_factory.mktemp("store") / "asked.jsonl")
    store.make(BUCKET)
    yield store
    store.close()


@pytest.fixture
def store(server, monkeypatch):
    """Say where the server is, as a user of such a store does."""
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    server.asked()
    return server


@pytest.fixture
def tables(cluster):
    """Return the tables of the small cluster."""
    return auditor.compile("policies.yaml", "cluster.json")


def names(*paths, skipped=None):
    """Return the names of what is found, without the bucket."""
    return [file.name.removeprefix(f"s3://{BUCKET}/") for file in find_files(paths, skipped)]


def test_find_files__lists_objects_like_files(store):
    """Folders are read recursively and sorted, without hidden names, marks and empty objects, each object once."""
    for key in (
        "a.log",
        "b/10.log",
        "b/2.log",
        "b/.hidden",
        "b/_SUCCESS",
        "b/.git/x",
        "b/c/d.parquet",
        "b-x.log",
    ):
        store.put(BUCKET, f"list/{key}", b"x")
    store.put(BUCKET, "list/b/", b"")
    store.put(BUCKET, "list/b/empty.log", b"")
    skipped = []
    expected = ["list/a.log", "list/b/10.log", "list/b/2.log", "list/b/c/d.parquet", "list/b-x.log"]
    assert names(f"s3://{BUCKET}/list", f"s3://{BUCKET}/list/a.log", skipped=skipped) == expected
    assert names(f"s3://{BUCKET}/list/") == expected
    told = {(name.removeprefix(f"s3://{BUCKET}/list/"), reason) for name, reason in skipped}
    assert told == {
        ("b/.hidden", "hidden"),
        ("b/.git/x", "hidden"),
        ("b/_SUCCESS", "mark of a table writer"),
        ("b/empty.log", "empty"),
        ("a.log", "found twice"),
    }
    assert names(f"s3://{BUCKET}/list/**/*.log") == [name for name in expected if name.endswith(".log")]
    assert names(f"s3://{BUCKET}/list/*.log") == ["list/a.log", "list/b-x.log"]
    assert names(f"s3://{BUCKET}/list/?") == ["list/b/10.log", "list/b/2.log", "list/b/c/d.parquet"]
    assert names(f"s3://{BUCKET}/l*/b/[!0-1]*.log") == ["list/b/2.log"]
    assert names(f"s3://{BUCKET}/list/**/c/*") == ["list/b/c/d.parquet"]
    assert names(f"s3://{BUCKET}/list/b/[0-9].l?g?region=eu-west-1") == ["list/b/2.log"]
    assert skipped[0] == SkippedFile(f"s3://{BUCKET}/list/b/.git/x", "hidden")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("s3://no-bucket/x", "expected an object or folder at `s3://no-bucket/x`, there is no such bucket"),
        ("s3://flow-logs/gone", "expected an object or folder at `s3://flow-logs/gone`, it does not exist"),
        ("s3://flow-logs/gone/*.log", "expected objects that match `s3://flow-logs/gone/*.log`, found none"),
        ("s3://no-bucket/*", "expected objects that match `s3://no-bucket/*`, there is no such bucket"),
        (
            "s3://k:hunter2@flow-logs/x?endpoint_override=http://127.0.0.1:9&secret_key=hunter2&access_key=k",
            "object store cannot be read: the endpoint cannot be reached - at s3://flow-logs/x",
        ),
    ],
)
def test_find_files__says_what_is_wrong_with_a_url(store, url, message):
    """One sentence with the URL, and without what is secret in it."""
    with pytest.raises(SourceError) as caught:
        find_files([url])
    assert str(caught.value) == message


def test_read__fetches_ranges_ahead(store, monkeypatch):
    """A long object is read in ranges, whole and in order, and hashed on the way."""
    monkeypatch.setattr(remote, "RANGE_BYTES", 1 << 18)
    content = random.Random(1).randbytes(3_000_001)
    store.put(BUCKET, "long.bin", content)
    (file,) = find_files([f"s3://{BUCKET}/long.bin"])
    file.hash_as_read("blake3")
    with file.open() as stream:
        assert stream.read(4_000_000) == content
        assert stream.share == 1.0
        assert stream.read(1) == b""
    assert file.digest_read == blake3(content).hexdigest()
    assert file.read_bytes() == content
    assert file.sha256() is not None


def test_head__fetches_the_beginning_only(store):
    """A look at the head of a long object costs a small range."""
    store.put(BUCKET, "long.bin", bytes(3_000_000))
    (file,) = find_files([f"s3://{BUCKET}/long.bin"])
    store.asked()
    assert file.head(100) == bytes(100)
    ranges = [asked["range"] for asked in store.asked() if asked["method"] == "GET"]
    assert ranges == ["bytes=0-131071"]


def test_write__audits_objects_like_files(store, tables):
    """Text, compressed and Parquet objects of a folder and of a pattern give the flows of the same files."""
    packed = gzip.compress((HEADER + VIOLATION * 3).encode())
    table = io.BytesIO()
    pq.write_table(TABLE, table)
    store.put(BUCKET, f"{DAY}/1.log.gz", packed)
    store.put(BUCKET, f"{DAY}/2.log", FLOWS.encode())
    store.put(BUCKET, "tables/3.parquet", table.getvalue())
    flows = [
        f"s3://{BUCKET}/AWSLogs/**/*.log*",
        f"s3://{BUCKET}/tables?region=eu-west-1&secret_key=s&access_key=k",
    ]
    outcome = Run(tables, flows, AuditOptions()).write("report")
    assert outcome.record.missing == []
    assert outcome.totals.n_rows == 4 + FLOWS.count("\n") + TABLE.num_rows
    assert [(entry.file, entry.format) for entry in outcome.record.inputs if entry.role == "flows"] == [
        (f"s3://{BUCKET}/{DAY}/1.log.gz", "vpc-text"),
        (f"s3://{BUCKET}/{DAY}/2.log", "vpc-text"),
        (f"s3://{BUCKET}/tables/3.parquet", "generic-parquet"),
    ]
    digests = [entry.digest for entry in outcome.record.inputs if entry.role == "flows"]
    assert digests == [blake3(packed).hexdigest(), blake3(FLOWS.encode()).hexdigest(), None]
    assert "secret" not in Path("report/run.json").read_text(encoding="utf-8")


def test_audit__does_not_fetch_a_whole_table(store, tables):
    """Of a Parquet object only the footer and the columns that count are fetched."""
    n_rows = 20_000
    columns = {
        name: pa.concat_arrays([TABLE[name].combine_chunks()] * (n_rows // 4)) for name in TABLE.schema.names
    }
    columns["ballast"] = pa.array(
        [random.Random(row).randbytes(100) for row in range(len(columns["src_ip"]))]
    )
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    store.put(BUCKET, "wide.parquet", sink.getvalue())
    store.asked()
    run = Run(tables, [f"s3://{BUCKET}/wide.parquet"], AuditOptions())
    assert run.totals.n_flows == len(columns["src_ip"])
    fetched = 0
    for asked in store.asked():
        if asked["method"] == "GET" and asked["range"]:
            first, last = asked["range"].removeprefix("bytes=").split("-")
            fetched += min(int(last), len(sink.getvalue()) - 1) - int(first) + 1
    assert 0 < fetched < len(sink.getvalue()) / 2


def test_compile__reads_objects(store):
    """Policies and inventory may lie in a store too."""
    store.put(BUCKET, "config/policies.yaml", POLICY.encode())
    store.put(BUCKET, "config/cluster.json", INVENTORY.encode())
    tables = auditor.compile(f"s3://{BUCKET}/config/policies.yaml", f"s3://{BUCKET}/config/cluster.json")
    assert [entry.file for entry in tables.provenance.inputs] == [
        f"s3://{BUCKET}/config/policies.yaml",
        f"s3://{BUCKET}/config/cluster.json",
    ]


@pytest.mark.parametrize("change", ["longer", "shorter", "gone"])
def test_write__tells_of_an_object_that_changes(store, tables, change):
    """What is replaced or removed while it is read leaves the run incomplete."""
    text = HEADER + VIOLATION * 5_000
    name = f"changing-{change}.log"
    store.put(BUCKET, name, text.encode())
    audit = Audit(tables, find_files([f"s3://{BUCKET}/{name}"]), AuditOptions())
    if change == "gone":
        store.delete(BUCKET, name)
    else:
        store.put(BUCKET, name, (text * 2 if change == "longer" else text[:1_000]).encode())
    assert list(audit.rows()) == []
    reason = (
        "cannot be read: there is no such object" if change == "gone" else "has changed since it was listed"
    )
    assert audit.missing == [f"object {reason} - at s3://{BUCKET}/{name}"]


def test_check__finds_an_object_that_was_replaced_while_it_was_read(store):
    """A newer object of another size is another object."""
    store.put(BUCKET, "replaced.log", b"x" * 1_000)
    (file,) = find_files([f"s3://{BUCKET}/replaced.log"])
    file.check()
    store.put(BUCKET, "replaced.log", b"x" * 2_000)
    with pytest.raises(SourceError, match="object has changed since it was listed"):
        file.check()


def test_read_at__asks_for_a_range(store):
    """Bytes anywhere in an object cost a request for these."""
    store.put(BUCKET, "pages.bin", bytes(range(250)) * 4)
    (file,) = find_files([f"s3://{BUCKET}/pages.bin"])
    assert (file.stored_size(), file.read_at(249, 3), file.read_at(998, 9)) == (
        1_000,
        b"\xf9\0\1",
        b"\xf8\xf9",
    )
    room = bytearray(9)
    assert (file.read_into(998, memoryview(room)), bytes(room[:2])) == (2, b"\xf8\xf9")
    store.delete(BUCKET, "pages.bin")
    with pytest.raises(OSError, match="Errno 5"):
        file.read_at(0, 10)


def test_stop__ends_the_reading(store):
    """A run that is told to stop does not wait for a store."""
    store.put(BUCKET, "stopped.log", b"x" * 1_000)
    (file,) = find_files([f"s3://{BUCKET}/stopped.log"])
    file.stop()
    with pytest.raises(SourceError, match="reading was stopped"):
        file.open()


def test_path__is_none_on_this_machine(store):
    """A decoder that wants a path says so, and does not read another file."""
    store.put(BUCKET, "far.log", b"x")
    (file,) = find_files([f"s3://{BUCKET}/far.log"])
    with pytest.raises(SourceError) as caught:
        _ = file.path
    message = f"expected a file on this machine, came an object of a store - at s3://{BUCKET}/far.log"
    assert str(caught.value) == message
