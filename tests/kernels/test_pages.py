"""Headers of Parquet pages: where pages lie, as pyarrow writes them and as nobody should."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import pages as page
from kernels.pages import DATA_PAGE, DATA_PAGE_2, DICTIONARY_PAGE, MALFORMED, PAGE, RLE, TOO_MANY, scan_pages
from kernels.thrift import FALSE, INT32, INT64, LIST, STRUCT, TRUE
from tests.kernels.compact import Writer
from tests.kernels.devices import frozen


def scan(content, room=40):
    """Return what the kernel says, and the pages that it wrote."""
    found = np.full((room, PAGE), -9, np.int64)
    n = scan_pages(frozen(np.frombuffer(bytes(content), np.uint8)), found)
    return n, found[: max(n, 0)]


def numbers(**fields):
    """Return fields of 32 bits, ``f3=7``, as a struct holds them."""
    return [(int(name[1:]), INT32, number) for name, number in fields.items()]


def inner_of(kind, count, encoding, **changes):
    """Return the header of a kind of page, as it stands inside the other."""
    if kind == DATA_PAGE:
        fields = {"f1": count, "f2": encoding, "f3": RLE, "f4": RLE}
    elif kind == DATA_PAGE_2:
        fields = {"f1": count, "f2": 0, "f3": count, "f4": encoding, "f5": 0, "f6": 0}
    else:
        fields = {"f1": count, "f2": encoding}
    fields |= changes
    return numbers(**{name: number for name, number in fields.items() if number is not None})


PLACES = {DATA_PAGE: 5, page.INDEX_PAGE: 6, DICTIONARY_PAGE: 7, DATA_PAGE_2: 8}


def written(kind=DATA_PAGE, count=3, encoding=0, body=b"four", plain_size=9, more=(), outer=None, **changes):
    """Return a page."""
    fields = {"f1": kind, "f2": plain_size, "f3": len(body)} | (outer or {})
    fields = numbers(**{name: number for name, number in fields.items() if number is not None})
    inner = [(PLACES[kind], STRUCT, [*inner_of(kind, count, encoding, **changes), *more])]
    return bytes(Writer().struct([*fields, *inner]).content) + body


@st.composite
def drawn_pages(draw):
    """Draw a page and its row of the table, without places."""
    kind = draw(st.sampled_from([DATA_PAGE, DATA_PAGE_2]))
    count, encoding = draw(st.integers(0, 2**31 - 1)), draw(st.sampled_from([0, 2, 8, 5]))
    body, plain_size = draw(st.binary(max_size=30)), draw(st.integers(0, 2**31 - 1))
    levels, is_compressed, changes, more = -1, 1, {}, []
    if kind == DATA_PAGE_2:
        levels = draw(st.integers(0, min(len(body), plain_size)))
        changes = {"f5": levels, "f2": draw(st.integers(0, count))}
        said = draw(st.sampled_from([None, TRUE, FALSE]))
        more, is_compressed = [(7, said, None)] if said else [], int(said != FALSE)
    made = written(kind, count, encoding, body, plain_size, more, **changes)
    return made, [kind, len(body), plain_size, count, encoding, levels, is_compressed]


@given(st.lists(drawn_pages(), max_size=5), st.booleans())
def test_scan_pages__reads_what_is_written(drawn, has_dictionary):
    """Both versions, one behind the other, a dictionary in front; rows go on."""
    if has_dictionary:
        drawn = [(written(DICTIONARY_PAGE, 5, 2), [DICTIONARY_PAGE, 4, 9, 5, 2, -1, 1]), *drawn]
    content, expected, row = b"", [], 0
    for made, (kind, stored, plain_size, count, *others) in drawn:
        content += made
        expected.append([kind, len(content) - stored, stored, plain_size, count, *others, row])
        row += count if kind != DICTIONARY_PAGE else 0
    n, found = scan(content)
    assert (n, found[:, :-1].tolist()) == (len(drawn), expected)


@given(st.lists(drawn_pages(), min_size=1, max_size=3), st.data())
def test_scan_pages__refuses_a_chunk_that_is_cut(drawn, data):
    """Unless it is cut between two pages."""
    ends = np.cumsum([len(made) for made, _ in drawn]).tolist()
    end = data.draw(st.integers(0, ends[-1]))
    content = b"".join(made for made, _ in drawn)[:end]
    assert scan(content)[0] == ([0, *ends].index(end) if end in {0, *ends} else MALFORMED)


@given(
    st.lists(drawn_pages(), min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 255)), max_size=4),
)
def test_scan_pages__of_changed_bytes_stays_inside(drawn, changes):
    """Whatever is said, bodies follow each other inside the chunk, and no number is negative but for the levels."""
    content = bytearray(b"".join(made for made, _ in drawn))
    for place, byte in changes:
        content[place % len(content)] = byte
    n, found = scan(content)
    end = 0
    for row in found[:, :-1].tolist():
        assert end < row[page.PLACE] <= row[page.PLACE] + row[page.STORED] <= len(content)
        assert row[page.LEVELS] <= min(row[page.STORED], row[page.PLAIN_SIZE])
        assert min(row[: page.LEVELS]) >= 0
        end = row[page.PLACE] + row[page.STORED]
    assert n == MALFORMED or end == len(content)


@pytest.mark.parametrize(
    "content",
    [
        b"\0",
        b"\xff" * 40,
        written(body=b"") + b"\x15",
        written(outer={"f3": 5}),
        written(outer={"f3": -1}),
        written(outer={"f3": 2**63 - 1}),
        written(outer={"f3": None}),
        written(outer={"f2": -1}),
        written(outer={"f2": 2**31}),
        written(outer={"f2": None}),
        written(outer={"f1": 4}),
        written(outer={"f1": -1}),
        written(outer={"f1": None}),
        written(outer={"f1": DATA_PAGE_2}),
        written(page.INDEX_PAGE),
        written(count=-1),
        written(count=2**31),
        written(f1=None),
        written(encoding=-1),
        written(f2=None),
        written(f3=4),
        written(f4=None),
        written(DATA_PAGE_2, f5=5),
        written(DATA_PAGE_2, f5=-1),
        written(DATA_PAGE_2, f5=None),
        written(DATA_PAGE_2, plain_size=2, f5=3),
        written(DATA_PAGE_2, f6=1),
        written(DATA_PAGE_2, f6=None),
        written(DATA_PAGE_2, f3=2),
        written(DATA_PAGE_2, f2=4),
        written(DATA_PAGE_2, f2=-1),
        written() + written(DICTIONARY_PAGE),
        written(DICTIONARY_PAGE) + written(DICTIONARY_PAGE),
        bytes(Writer().struct([*numbers(f1=0, f2=9, f3=0), (5, LIST, (INT32, [0, 3, 0, 3, 3]))]).content),
        bytes(Writer().struct([*numbers(f1=0, f2=9, f3=0), (4, STRUCT, inner_of(DATA_PAGE, 3, 0))]).content),
        written(outer={"f4": 1}, more=numbers(**{f"f{place}": 0 for place in range(8, 80)})),
    ],
)
def test_scan_pages__refuses_what_it_does_not_understand(content):
    """Sizes that are negative, missing or beyond the chunk; levels of lists; kinds out of place; too many fields."""
    assert scan(content)[0] == MALFORMED


@pytest.mark.parametrize(
    "second",
    [
        (5, STRUCT, inner_of(DATA_PAGE, 7, 8)),
        (8, STRUCT, inner_of(DATA_PAGE_2, 7, 8)),
        (7, STRUCT, inner_of(DICTIONARY_PAGE, 7, 2)),
    ],
    ids=["twice the same", "of version 2", "of a dictionary"],
)
def test_scan_pages__refuses_a_second_header(second):
    """Which of the two counts is not for it to say."""
    fields = [*numbers(f1=DATA_PAGE, f2=9, f3=0), (5, STRUCT, inner_of(DATA_PAGE, 3, 0)), second]
    assert scan(Writer().struct(fields).content)[0] == MALFORMED


def test_scan_pages__passes_over_what_is_of_another_type():
    """Of the fields it needs, one of 64 bits is none; a list of numbers beside the header is not part of it."""
    more = [(9, LIST, (INT32, [9, 9, 9, 9, 9])), (5, LIST, (INT32, [9, 9, 9, 9, 9])), (2, INT64, 77)]
    fields = [*numbers(f1=DATA_PAGE, f2=9, f3=0), (5, STRUCT, inner_of(DATA_PAGE, 3, 0)), *more]
    n, found = scan(Writer().struct(fields).content)
    assert (n, found[0, [page.PLAIN_SIZE, page.COUNT, page.ENCODING]].tolist()) == (1, [9, 3, 0])


def test_scan_pages__says_when_there_are_too_many():
    """The caller comes again with a longer table."""
    content = written() * 5
    assert [scan(content, room)[0] for room in (0, 4, 5, 6)] == [TOO_MANY, TOO_MANY, 5, 5]
    assert scan(b"", 0)[0] == 0


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "zstd"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_scan_pages__finds_what_pyarrow_wrote(tmp_path, codec, version):
    """All rows, in pages that follow each other to the end of the chunk, each as large as it says."""
    n = 5_000
    columns = {
        "few": pa.array([place % 7 for place in range(n)], pa.int32()),
        "many": pa.array([None if place % 5 == 0 else place * place for place in range(n)]),
        "texts": pa.array([f"text {place % 1000}" for place in range(n)]),
        "nulls": pa.array([None] * n, pa.string()),
    }
    path = tmp_path / "flows.parquet"
    layout = {"data_page_size": 900, "write_batch_size": 64, "dictionary_pagesize_limit": 2_000}
    pq.write_table(pa.table(columns), path, compression=codec, data_page_version=version, **layout)
    content, group = path.read_bytes(), pq.ParquetFile(path).metadata.row_group(0)
    for place in range(group.num_columns):
        chunk = group.column(place)
        start = chunk.dictionary_page_offset or chunk.data_page_offset
        bytes_of = content[start : start + chunk.total_compressed_size]
        n_pages, found = scan(bytes_of, 2_000)
        assert n_pages > 1
        rows = found[:, :-1].tolist()
        is_first = [row[page.KIND] == DICTIONARY_PAGE for row in rows]
        assert is_first == [True, *[False] * (n_pages - 1)]
        assert [row[page.FIRST_ROW] for row in rows[1:]] == np.cumsum(
            [0, *(row[page.COUNT] for row in rows[1:-1])]
        ).tolist()
        assert sum(row[page.COUNT] for row in rows[1:]) == n
        heads = n_bytes = end = 0
        for row in rows:
            heads += row[page.PLACE] - end
            end = row[page.PLACE] + row[page.STORED]
            front = max(row[page.LEVELS], 0)
            body = bytes_of[row[page.PLACE] + front : end]
            if codec != "none" and row[page.IS_COMPRESSED] and body:
                body = pa.Codec(codec).decompress(body, row[page.PLAIN_SIZE] - front)
            assert front + len(body) == row[page.PLAIN_SIZE]
            n_bytes += row[page.PLAIN_SIZE]
        assert (end, heads + n_bytes) == (len(bytes_of), chunk.total_uncompressed_size)
