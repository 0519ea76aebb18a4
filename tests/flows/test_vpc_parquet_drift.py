"""VPC flow logs as Parquet after others wrote them again: the same flows from columns of any type."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.flows.reading import opened, read, rejects
from tests.flows.vpc_tables import END, FLOWS, NUMBERS, RECORDS, START, table, write


def rewritten(change, names=NUMBERS):
    """Return the table with some columns changed."""
    old = table()
    return table(**{name: change(old.column(name)) for name in names})


def as_text(column):
    """Return numbers as some writers print nullable ones: ``443.0`` and ``None``."""
    return pa.array(["None" if value is None else f"{value}.0" for value in column.to_pylist()])


TEXTS = ("srcaddr", "dstaddr", "pkt_srcaddr", "pkt_dstaddr", "action", "log_status")
SHAPES = {
    "hyphens": lambda: table().rename_columns([name.replace("_", "-") for name in table().column_names]),
    "capitals": lambda: table().rename_columns([name.upper() for name in table().column_names]),
    "reversed": lambda: table().select(table().column_names[::-1]),
    "int64": lambda: rewritten(lambda column: column.cast(pa.int64())),
    "uint64": lambda: rewritten(lambda column: column.cast(pa.uint64())),
    "double": lambda: rewritten(lambda column: column.cast(pa.float64())),
    "NaN for null": lambda: rewritten(lambda column: column.cast(pa.float64()).fill_null(float("nan"))),
    "decimal": lambda: rewritten(lambda column: column.cast(pa.decimal128(20, 0))),
    "text": lambda: rewritten(lambda column: column.cast(pa.string())),
    "text with fraction and None": lambda: rewritten(as_text),
    "text with dash": lambda: rewritten(lambda column: column.cast(pa.string()).fill_null("-")),
    "null texts": lambda: table(
        **{name: [None if text == "-" else text for text in RECORDS[name]] for name in TEXTS}
    ),
    "None texts": lambda: table(
        **{name: ["None" if text == "-" else text for text in RECORDS[name]] for name in TEXTS}
    ),
    "large text": lambda: rewritten(lambda column: column.cast(pa.large_string()), TEXTS),
    "view text": lambda: rewritten(lambda column: column.cast(pa.string_view()), TEXTS),
    "binary": lambda: rewritten(lambda column: column.cast(pa.binary()), TEXTS),
    "dictionary": lambda: rewritten(lambda column: column.dictionary_encode(), TEXTS),
    "timestamps": lambda: rewritten(lambda column: column.cast(pa.timestamp("s")), ("start", "end")),
    "timestamps with zone": lambda: rewritten(
        lambda column: column.cast(pa.timestamp("s")).cast(pa.timestamp("us", "Europe/Berlin")),
        ("start", "end"),
    ),
    "times as text": lambda: table(start=pa.array(["2021-03-26T03:28:12Z"] * 5), end=[END] * 5),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_vpc_parquet__reads_the_same_from_any_type(tmp_path, shape):
    """Names, types and missing values drift; the flows do not."""
    flows, account, failures = read(opened(write(tmp_path, SHAPES[shape]())))
    assert flows == FLOWS
    assert (account.skipped, account.rejected, failures) == ({"NODATA": 1}, {}, [])


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd", "lz4", "brotli"])
@pytest.mark.parametrize("use_dictionary", [True, False])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_vpc_parquet__reads_every_encoding(tmp_path, compression, use_dictionary, version):
    """Codecs, pages and dictionaries are the writer's choice."""
    path = write(tmp_path, compression=compression, use_dictionary=use_dictionary, data_page_version=version)
    assert read(opened(path))[0] == FLOWS


def test_vpc_parquet__reads_a_dictionary_that_overflows(tmp_path):
    """A column that begins with a dictionary and goes on without one comes in chunks; codes stay right."""
    n = 3_000
    records = {name: [values[0]] * n for name, values in RECORDS.items()}
    texts = [f"10.{i // 250 % 250}.{i % 250}.1" for i in range(n)]
    content = table(records, pkt_srcaddr=texts, pkt_dstaddr=texts[::-1])
    path = write(tmp_path, content, dictionary_pagesize_limit=2_000, data_page_size=1_000)
    for options in ({}, {"max_part_rows": 700}):
        flows, _, failures = read(opened(path, **options))
        assert failures == []
        assert [flow[:3] for flow in flows] == [
            (row, source, destination)
            for row, (source, destination) in enumerate(zip(texts, texts[::-1], strict=True), 1)
        ]


def test_vpc_parquet__rejects_numbers_that_are_none(tmp_path):
    """A fraction or a word in a column of numbers is broken, not rounded and not missing."""
    content = table(
        protocol=pa.array(["6", "6.5", "None", "icmp", " 17 "]),
        dstport=pa.array([443.0, 1.0, None, 0.0, 53.5]),
        bytes=pa.array(["1e3", "2", None, "-4", "300"]),
    )
    flows, account, _ = read(opened(write(tmp_path, content)))
    assert [flow[0] for flow in flows] == [1]
    assert flows[0][10] is None
    assert rejects(account) == {
        "protocol is no number from 0 to 255": [2, 4],
        "destination port is no number from 0 to 65535": [5],
    }


def test_vpc_parquet__has_no_time_for_what_is_none(tmp_path):
    """Times outside the range of nanoseconds, and words, are null: nothing is invented."""
    content = table(start=[START * 1000, -5, None, 0, 2**62], end=pa.array(["soon", "", None, "0", "x"]))
    flows, _, _ = read(opened(write(tmp_path, content)))
    assert [flow[8:10] for flow in flows] == [(None, None), (None, None), (0, 0), (None, None)]


def test_vpc_parquet__takes_columns_of_nulls_alone(tmp_path):
    """A writer that saw no value stores no type."""
    content = table(action=pa.nulls(5), tcp_flags=pa.nulls(5), pkt_srcaddr=pa.nulls(5), end=pa.nulls(5))
    flows, _, _ = read(opened(write(tmp_path, content)))
    assert [(flow[1], *flow[6:10]) for flow in flows] == [
        (RECORDS["srcaddr"][row], None, "unseen", START, None) for row in (0, 1, 3, 4)
    ]


def test_vpc_parquet__does_not_load_code_from_files(tmp_path):
    """A column of an extension type is read as what it is stored as."""
    kind = pa.uuid()
    extended = pa.ExtensionArray.from_storage(kind, pa.array([b"0" * 16] * 5, kind.storage_type))
    path = write(tmp_path, table(instance_id=extended))
    assert isinstance(pq.read_schema(path).field("instance_id").type, pa.UuidType)
    assert read(opened(path))[0] == FLOWS
