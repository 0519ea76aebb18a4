"""Formats are recognised from bytes."""

from __future__ import annotations

import bz2
import gzip
import json
from functools import partial

import pyarrow as pa
import pytest

from auditor.errors import ConfigError, SourceError
from auditor.flows.sniff import FORMATS, FlowOptions, open_flow_log, recognise
from auditor.sources.files import find_files
from tests.flows.reading import opened, read, written
from tests.flows.vpc_tables import table, write

compress = partial(gzip.compress, mtime=0)  # the same at any time: it stands in names of tests

FLOW = {
    "time": "2023-08-21T12:12:13.517394084Z",
    "verdict": "FORWARDED",
    "IP": {"source": "10.0.0.1", "destination": "10.0.0.2", "ipVersion": "IPv4"},
    "l4": {"TCP": {"source_port": 40000, "destination_port": 443, "flags": {"SYN": True}}},
    "is_reply": False,
}
V2 = b"2 123456789010 eni-1 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK\n"
GENERIC = {"src_ip": ["10.0.0.1"], "dst_ip": ["10.0.0.2"], "protocol": ["TCP"], "dst_port": [443]}
EXPORTED = json.dumps({"flow": FLOW, "node_name": "a"}).encode()


def arrow(kind):
    """Return a generic table as Arrow IPC."""
    sink = pa.BufferOutputStream()
    content = pa.table(GENERIC)
    with (pa.ipc.new_file if kind == "file" else pa.ipc.new_stream)(sink, content.schema) as writer:
        writer.write_table(content)
    return sink.getvalue().to_pybytes()


TEXTS = {
    "vpc-text": [
        V2,
        b"\n\n# comment\n" + V2,
        b"\xef\xbb\xbf" + b"version srcaddr dstaddr\n5 ::1 ::2\n",
        b"# format: srcaddr dstaddr\n",
        b"garbage\n" + V2,
        b"2 unknown eni-1 - - - - - - - 1431280876 1431280934 - NODATA",
        b"srcaddr dstaddr srcaddr\n",
    ],
    "hubble-json": [
        EXPORTED,
        b"\n" + json.dumps(FLOW).encode(),
        json.dumps({"node_name": "a", "time": "x", "lost_events": {"num_events_lost": "3"}}).encode(),
        b'level=info msg="starting"\nlevel=info msg="{\\"flow\\":{}}"\n',
        json.dumps([{"flow": FLOW}], indent=2).encode(),
        b'{"node_status": {}}',
        json.dumps({"log": json.dumps({"flow": {}})}).encode(),
    ],
    "generic-csv": [
        b"src_ip,dst_ip,protocol,dst_port\n10.0.0.1,10.0.0.2,TCP,443\n",
        b'\xef\xbb\xbf"src_ip", "dst_ip"\r\n',
        b"time_start,dst_port,other\n",
    ],
    "generic-arrow": [arrow("file"), arrow("stream")],
    "empty": [b"\n", b"  \r\n\t\n", b"\xef\xbb\xbf\n"],
}


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress], ids=["plain", "gzip", "bz2"])
@pytest.mark.parametrize(
    ("name", "content"), [(name, content) for name, contents in TEXTS.items() for content in contents]
)
def test_recognise__knows_every_format(tmp_path, name, content, compress):
    """The bytes tell the format, compressed or not, whatever the file is called."""
    log = written(tmp_path, compress(content))
    assert log.format == name
    assert log.file == str(tmp_path / "flows")


def test_recognise__tells_parquet_by_its_columns(tmp_path):
    """Columns of VPC logs in any spelling are such a log, other tables are generic."""
    for content, name in (
        (table(), "vpc-parquet"),
        (table(srcaddr=None, dstaddr=None), "vpc-parquet"),
        (table().rename_columns([column.upper() for column in table().column_names]), "vpc-parquet"),
        (pa.table(GENERIC), "generic-parquet"),
    ):
        assert opened(write(tmp_path, content)).format == name


def test_open_flow_log__decodes_what_it_recognised(tmp_path):
    """Each format leads to the flow."""
    contents = [V2, EXPORTED, b"src_ip,dst_ip,protocol,dst_port\n10.0.0.1,10.0.0.2,TCP,443\n", arrow("file")]
    for content in contents:
        (part,) = written(tmp_path, content).parts()
        assert part().n_flows == 1
    for content in (table(), pa.table(GENERIC)):
        (part,) = opened(write(tmp_path, content)).parts()
        assert part().n_flows == len(content) - (len(content) > 1)


def test_open_flow_log__reads_nothing_from_blank_files(tmp_path):
    """A compressed file without anything in it has no parts, and is no failure."""
    log = written(tmp_path, compress(b""))
    assert (log.format, log.warnings, list(log.parts())) == ("empty", (), [])


def test_open_flow_log__obeys_the_format(tmp_path):
    """A named format is not questioned; the decoder then says what does not fit."""
    log = written(tmp_path, V2, format="hubble-json")
    assert (log.format, read(log)[1].n_rejected) == ("hubble-json", 1)
    assert written(tmp_path, EXPORTED, format="vpc-text").format == "vpc-text"
    with pytest.raises(SourceError, match=r"^file cannot be read as Parquet: "):
        written(tmp_path, V2, format="vpc-parquet")


def test_open_flow_log__refuses_unknown_formats(tmp_path):
    """A name that is no format is an error of the flag."""
    with pytest.raises(ConfigError) as caught:
        written(tmp_path, V2, format="netflow")
    listed = ", ".join(f"`{name}`" for name in FORMATS)
    assert str(caught.value) == f"--format expects one of {listed}, got `netflow`"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"3 eni-1 10.0.0.1 10.0.0.2 443 6\n",
            (
                "format not recognised: the first line is `3 eni-1 10.0.0.1 10.0.0.2 443 6`, which looks like VPC text "
                "without a header, 6 fields: name them with --vpc-format"
            ),
        ),
        (
            b"hello world\n",
            (
                "format not recognised: the first line is `hello world`; known are `vpc-text`, `vpc-parquet`, "
                "`hubble-json`, `generic-parquet`, `generic-arrow`, `generic-csv`, `generic-json`; name it with "
                "--format, and the fields of VPC text without a header with --vpc-format"
            ),
        ),
        (
            b'{"messageType": "DATA_MESSAGE", "logEvents": []}',
            (
                "format not recognised: the file is JSON, but none of its first records is a Hubble event or has "
                "`src_ip`, `dst_ip`, `protocol`, `dst_port` in it; say with --json-fields where these stand"
            ),
        ),
        (V2.decode().encode("utf-16"), "expected text in UTF-8, the file is in UTF-16"),
    ],
)
def test_recognise__says_what_is_known(tmp_path, content, message):
    """What is not recognised is a sentence with the way out."""
    with pytest.raises(SourceError) as caught:
        written(tmp_path, content)
    assert str(caught.value) == f"{message} - at {tmp_path / 'flows'}"


def test_recognise__trusts_a_vpc_format(tmp_path):
    """Text that the user has described is VPC text."""
    path = tmp_path / "flows"
    path.write_bytes(b"3 eni-1 10.0.0.1 10.0.0.2 443 6\n")
    (file,) = find_files([str(path)])
    options = FlowOptions(vpc_format="version interface-id srcaddr dstaddr dstport protocol")
    assert recognise(file, options) == "vpc-text"
    (part,) = open_flow_log(file, options).parts()
    assert part().n_flows == 1


def test_recognise__reports_what_cannot_be_read(tmp_path):
    """A file of which too little can be decompressed is said to be broken, not to be of no format."""
    for content, n_bytes in (
        (compress(V2)[:8], 0),
        (compress(b"x" * 9)[:-6], 9),
        (compress(b"")[:-1], 0),
    ):
        with pytest.raises(SourceError) as caught:
            written(tmp_path, content)
        message = f"file cannot be read further than {n_bytes} decompressed bytes: the gzip stream is cut off"
        assert str(caught.value) == f"{message} - at {tmp_path / 'flows'}"
