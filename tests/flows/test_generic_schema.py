"""Column types of generic flow tables."""

from __future__ import annotations

import pyarrow as pa
import pytest

from auditor.errors import SourceError
from auditor.flows.generic_schema import check_types


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
