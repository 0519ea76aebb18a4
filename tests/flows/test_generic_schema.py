"""Column names and types of generic flow tables."""

from __future__ import annotations

import pyarrow as pa
import pytest

from auditor.errors import SourceError
from auditor.flows.generic_schema import REQUIRED, check_names, check_types

LONG = ["column_" + "x" * 90]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            ["src_ip", "dst_ip", "proto", "dport"],
            (
                "expected columns `protocol` (is it `proto`?), `dst_port` (is it `dport`?); "
                "found `src_ip, dst_ip, proto, dport` - at log"
            ),
        ),
        (
            ["SRC_IP", "dst-ip", "Protocol", "dst_port"],
            (
                "expected columns `src_ip` (is it `SRC_IP`?), `dst_ip` (is it `dst-ip`?), "
                "`protocol` (is it `Protocol`?); found `SRC_IP, dst-ip, Protocol, dst_port` - at log"
            ),
        ),
        (
            ["src_ip", "dst_ip", "protocol", "dst_prt"],
            "expected columns `dst_port` (is it `dst_prt`?); found `src_ip, dst_ip, protocol, dst_prt` - at log",
        ),
        (
            ["src_ip", "dst_ip", "protocol", "src_port"],
            "expected columns `dst_port`; found `src_ip, dst_ip, protocol, src_port` - at log",
        ),
        ([], "expected columns `src_ip`, `dst_ip`, `protocol`, `dst_port`; found none - at log"),
        (
            ["a\x1b[31m"],
            "expected columns `src_ip`, `dst_ip`, `protocol`, `dst_port`; found `a?[31m` - at log",
        ),
        (
            LONG,
            (
                "expected columns `src_ip`, `dst_ip`, `protocol`, `dst_port`; "
                f"found `{LONG[0][:80]}...` - at log"
            ),
        ),
        ([*REQUIRED, "src_ip"], "column `src_ip` stands more than once in the table - at log"),
    ],
)
def test_check_names__says_what_is_missing(names, message):
    """The message lists what is missing, what may be meant, and what there is."""
    with pytest.raises(SourceError) as caught:
        check_names("log", names)
    assert str(caught.value) == message


def test_check_names__lets_other_columns_pass():
    """Columns that are not ours may be there, even twice."""
    check_names("log", [*REQUIRED, "x", "x", "bytes"])


@pytest.mark.parametrize(
    ("column", "kind", "message"),
    [
        ("src_ip", pa.float64(), "column `src_ip` has type `double`, expected text or integers - at log"),
        (
            "dst_ip",
            pa.binary(16),
            "column `dst_ip` has type `fixed_size_binary[16]`, expected text or integers - at log",
        ),
        ("protocol", pa.bool_(), "column `protocol` has type `bool`, expected text or numbers - at log"),
        ("dst_port", pa.bool_(), "column `dst_port` has type `bool`, expected numbers or text - at log"),
        ("observed", pa.int8(), "column `observed` has type `int8`, expected text - at log"),
        (
            "time_start",
            pa.int64(),
            "column `time_start` has type `int64`, expected timestamps or RFC 3339 text - at log",
        ),
        (
            "is_reply",
            pa.float32(),
            "column `is_reply` has type `float`, expected booleans, integers or text - at log",
        ),
        (
            "bytes",
            pa.list_(pa.int64()),
            "column `bytes` has type `list<item: int64>`, expected numbers or text - at log",
        ),
        ("src_ip", pa.uuid(), "column `src_ip` has an extension type, expected text or integers - at log"),
    ],
)
def test_check_types__says_what_was_expected(column, kind, message):
    """A column that cannot hold its values refuses the file, not every row."""
    with pytest.raises(SourceError) as caught:
        check_types("log", pa.schema([(column, kind)]))
    assert str(caught.value) == message


def test_check_types__refuses_unregistered_extension_types():
    """A type known only by its name in the metadata is an extension type too."""
    field = pa.field("src_ip", pa.string(), metadata={"ARROW:extension:name": "their.address"})
    with pytest.raises(SourceError) as caught:
        check_types("log", pa.schema([field]))
    message = "column `src_ip` has an extension type, expected text or integers - at log"
    assert str(caught.value) == message


def test_check_types__lets_other_columns_and_nulls_pass():
    """Only our columns matter, and a column of nulls has no type yet."""
    check_types("log", pa.schema([("x", pa.uuid()), ("bytes", pa.null()), ("src_ip", pa.string_view())]))
