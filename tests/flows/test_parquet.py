"""Parquet files with limits: what is said of broken ones."""

from __future__ import annotations

import pyarrow as pa
import pytest

from auditor.errors import Position, SourceError
from auditor.flows.parquet import ParquetTable, one_line
from auditor.flows.vpc_stored import sound
from auditor.sources.files import find_files
from tests.flows.vpc_tables import table, write


class Misled(ParquetTable):
    """A table whose footer counts more rows than there are."""

    def n_rows(self, group):
        """Return one row too many."""
        return super().n_rows(group) + 1


def opened(path, kind=ParquetTable):
    """Open a table."""
    (file,) = find_files([str(path)])
    return kind.open(file)


def test_read__gives_the_columns_asked_for(tmp_path):
    """One row group, the columns in the order asked, texts as dictionaries where wanted."""
    parquet = opened(write(tmp_path, row_group_size=2))
    assert (parquet.n_groups, [parquet.n_rows(group) for group in range(3)]) == (3, [2, 2, 1])
    read = parquet.read(1, ["protocol", "srcaddr"], ["srcaddr"])
    assert list(read) == ["protocol", "srcaddr"]
    assert read["protocol"].to_pylist() == [None, 1]
    assert pa.types.is_dictionary(read["srcaddr"].type)


def test_read__compares_with_the_footer(tmp_path):
    """A row group of fewer rows than promised is no row group to trust."""
    path = write(tmp_path, row_group_size=2)
    parquet = opened(path, Misled)
    with pytest.raises(SourceError) as caught:
        parquet.read(1, ["protocol"])
    reason = "row group 2 of 3 cannot be read: it holds 2 rows, the footer says 3"
    assert str(caught.value) == f"{reason} - at {path}:4"
    pieces = parquet.stream(0, ["protocol"], [], 1)
    assert [len(next(pieces)["protocol"]) for _ in range(2)] == [1, 1]
    with pytest.raises(SourceError) as caught:
        next(pieces)
    reason = "row group 1 of 3 cannot be read: it holds 1 rows less than the footer says"
    assert str(caught.value) == f"{reason} - at {path}:1"


def test_open__refuses_names_that_are_no_text(tmp_path):
    """A column name that is no UTF-8 is said to be that."""
    path = write(tmp_path, table(region=None, badname=["x"] * 5), compression="none", store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"badname", b"bad\xff\xfe\xffe"))
    with pytest.raises(SourceError) as caught:
        opened(path)
    assert str(caught.value) == f"expected column names in UTF-8 - at {path}"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("first line.\nsecond"), "first line"),
        (ValueError("bell \a and \x1b[31mred"), "bell ? and ?[31mred"),
        (OSError(), "OSError"),
        (ValueError("x" * 500), "x" * 160),
    ],
)
def test_one_line__makes_a_foreign_message_fit(error, text):
    """What a library says becomes part of one line, without control characters."""
    assert one_line(error) == text


def test_sound__refuses_codes_outside_the_dictionary():
    """A corrupt page must not lead anywhere."""
    column = pa.chunked_array(
        [pa.DictionaryArray.from_arrays(pa.array([0, 7], pa.int32()), ["a"], safe=False)]
    )
    with pytest.raises(SourceError) as caught:
        sound(column, "srcaddr", Position("flows", 6))
    assert str(caught.value) == "column `srcaddr` is corrupt in the rows from here - at flows:6"
