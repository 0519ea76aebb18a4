"""VPC logs by their pages: the same as the exact reader says, in every shape that writers give pages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.flows.paged import exact_outcome, n_paged, outcome
from tests.flows.vpc_tables import LARGE, SMALL, table, write

ROOT = Path(__file__).parents[2]
ADDRESSES = ["10.0.0.1", "10.0.0.2", "2001:db8::1", "192.0.2.77"]
USUAL = {
    "pkt_srcaddr": st.sampled_from(ADDRESSES),
    "pkt_dstaddr": st.sampled_from(ADDRESSES),
    "srcaddr": st.sampled_from(ADDRESSES),
    "dstaddr": st.sampled_from(ADDRESSES),
    "protocol": st.sampled_from([6, 6, 17, 1, 132]),
    "srcport": st.integers(0, 65535),
    "dstport": st.sampled_from([80, 443, 53, 65535, 0]),
    "tcp_flags": st.sampled_from([0, 2, 3, 18, 19, 1, 255]),
    "action": st.sampled_from(["ACCEPT", "REJECT"]),
    "log_status": st.just("OK"),
    "start": st.integers(1_700_000_000, 1_700_000_900),
    "end": st.integers(1_700_000_000, 1_700_000_900),
    "bytes": st.integers(0, 2**40),
    "packets": st.integers(0, 1000),
}
ODD = {
    **dict.fromkeys(
        ("pkt_srcaddr", "pkt_dstaddr", "srcaddr", "dstaddr"), st.sampled_from([None, "-", "x", "1.2.3"])
    ),
    "protocol": st.sampled_from([None, -1, 256, 2**31 - 1]),
    "srcport": st.sampled_from([None, -5, 65536, 2**31 - 1]),
    "dstport": st.sampled_from([None, -(2**31), 65536]),
    "tcp_flags": st.sampled_from([None, 256, -1]),
    "action": st.sampled_from([None, "-", "accept", ""]),
    "log_status": st.sampled_from([None, "-", "NODATA", "SKIPDATA", "ok"]),
    "start": st.sampled_from([None, -1, 2**62]),
    "end": st.sampled_from([None, 0, -(2**63)]),
    "bytes": st.sampled_from([None, -1, 2**63 - 1]),
    "packets": st.sampled_from([None, -7]),
}
NODATA = dict.fromkeys(USUAL) | {
    "pkt_srcaddr": "-",
    "pkt_dstaddr": "-",
    "action": "-",
    "log_status": "NODATA",
}
CODECS = ["none", "snappy", "gzip", "zstd"]


@st.composite
def rows(draw):
    """Draw records: usual ones, some with something odd in them, some without a flow."""
    usual = st.fixed_dictionaries(USUAL)
    odd = st.builds(
        lambda row, name, values: {**row, name: values[name]},
        usual,
        st.sampled_from(sorted(ODD)),
        st.fixed_dictionaries(ODD),
    )
    kinds = [usual] * 6 + [odd, st.just(NODATA)] if draw(st.booleans()) else [usual]
    return draw(st.lists(st.one_of(kinds), max_size=60))


@st.composite
def layouts(draw):
    """Draw how a file is written."""
    return {
        "compression": draw(st.sampled_from([*CODECS, "lz4", "brotli"])),
        "data_page_version": draw(st.sampled_from(["1.0", "2.0"])),
        "data_page_size": draw(st.sampled_from([1, 50, 1 << 20])),
        "write_batch_size": draw(st.sampled_from([1, 7, 1024])),
        "dictionary_pagesize_limit": draw(st.sampled_from([1, 40, 1 << 20])),
        "row_group_size": draw(st.sampled_from([1, 11, 1 << 20])),
        "use_dictionary": draw(
            st.sampled_from([True, False, ["pkt_srcaddr", "dstport", "action", "log_status"]])
        ),
        "write_statistics": draw(st.booleans()),
        "store_schema": draw(st.booleans()),
    }


def written(folder, records, layout, kinds=None):
    """Write records; columns without a null may be required ones."""
    columns, fields = {}, []
    for name in USUAL:
        kind = (kinds or {}).get(
            name, pa.int32() if name in SMALL else pa.int64() if name in LARGE else pa.string()
        )
        columns[name] = pa.array([record[name] for record in records], kind)
        fields.append(pa.field(name, kind, nullable=columns[name].null_count > 0 or len(records) % 2 == 0))
    path = folder / "flows.parquet"
    pq.write_table(pa.table(columns, schema=pa.schema(fields)), path, **layout)
    return path


@given(records=rows(), layout=layouts())
def test_paged_rows__say_what_the_exact_reader_says(tmp_path_factory, records, layout):
    """Nulls, odd values, NODATA, every codec, both page versions, dictionaries given up in mid-chunk."""
    path = written(tmp_path_factory.mktemp("log"), records, layout)
    assert outcome(path) == exact_outcome(path)


@given(records=rows(), layout=layouts(), wide=st.booleans())
def test_paged_rows__keep_to_the_types_of_columns(tmp_path_factory, records, layout, wide):
    """Unsigned and narrow integers mean what the exact reader makes of them."""
    fitting = [
        record
        for record in records
        if all(record[name] is None or record[name] >= 0 for name in (*SMALL, *LARGE) if name in record)
    ]
    kinds = dict.fromkeys(
        ("srcport", "dstport", "protocol", "tcp_flags"), pa.uint64() if wide else pa.uint32()
    )
    kinds |= {
        "bytes": pa.uint64(),
        "pkt_srcaddr": pa.binary(),
        "action": pa.dictionary(pa.int32(), pa.string()),
    }
    path = written(tmp_path_factory.mktemp("log"), fitting, layout, kinds)
    assert outcome(path) == exact_outcome(path)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_paged_rows__are_read_by_their_pages(tmp_path, codec, version):
    """Of a usual log, every row group is; also where some rows are odd."""
    path = write(tmp_path, compression=codec, data_page_version=version, row_group_size=2)
    assert n_paged(path) == 3
    assert outcome(path) == exact_outcome(path)


@pytest.mark.parametrize(
    "change",
    [
        {"protocol": pa.array([6.0, 6.0, None, 1.0, 17.0])},
        {"srcport": None},
        {"dstport": pa.array(["443", "40000", None, "0", "53"])},
    ],
    ids=["floats", "no source port", "text"],
)
def test_paged_rows__leave_other_types_to_the_exact_reader(tmp_path, change):
    """Columns that are neither text nor integers, where these are expected, are not read by their pages."""
    path = write(tmp_path, table(**change))
    assert n_paged(path) == 0
    assert outcome(path) == exact_outcome(path)


def test_paged_rows__read_a_large_group(tmp_path):
    """Many pages of many rows, packed and repeated codes beside each other."""
    n = 50_000
    content = {
        "pkt_srcaddr": pa.array([f"10.{i % 7}.{i % 251}.{i % 13}" for i in range(n)]),
        "pkt_dstaddr": pa.array(
            ["10.0.0.1"] * (n // 2) + [f"10.9.{i % 199}.{i % 101}" for i in range(n // 2)]
        ),
        "srcport": pa.array([(i * 7919) % 65536 for i in range(n)], pa.int32()),
        "dstport": pa.array([443] * n, pa.int32()),
        "protocol": pa.array([6 if i % 1000 else 17 for i in range(n)], pa.int32()),
        "tcp_flags": pa.array([2 if i % 3 else 18 for i in range(n)], pa.int32()),
        "action": pa.array(["ACCEPT"] * n),
        "bytes": pa.array([i * i for i in range(n)]),
    }
    path = tmp_path / "flows.parquet"
    pq.write_table(pa.table(content), path, compression="zstd", dictionary_pagesize_limit=60_000)
    assert n_paged(path) == 1
    assert outcome(path) == exact_outcome(path)


MUTATE = """
import json, random, sys
from pathlib import Path
from tests.flows.paged import exact_outcome, outcome
source, folder, seed, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
rng, sound, differing, before = random.Random(seed), source.read_bytes(), [], outcome(source)
path = folder / "mutated.parquet"
for number in range(count):
    content = bytearray(sound)
    for _ in range(rng.choice((1, 1, 2, 5))):
        place = rng.randrange(4, len(content) - 8)
        content[place] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256), content[place] ^ 1 << rng.randrange(8)))
    path.write_bytes(content)
    for found, exact, unbroken in zip(outcome(path), exact_outcome(path), [*before, None, None]):
        # What is broken may be something that only the exact reader looks at: the rows are sound then.
        if found != exact and (found != unbroken or not isinstance(exact, str)):
            differing.append(number)
print(json.dumps(differing))
"""


@pytest.mark.jit_only
@pytest.mark.parametrize("codec", ["none", "zstd", "gzip"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_paged_rows__of_broken_files_never_crash(tmp_path, codec, version):
    """Whatever bytes are changed, rows are the exact reader's; where it refuses them, they are refused or unharmed."""
    many = pa.concat_tables([table()] * 9)
    path = write(tmp_path, many, compression=codec, data_page_version=version, row_group_size=20)
    ran = subprocess.run(
        [sys.executable, "-c", MUTATE, str(path), str(tmp_path), "1", "150"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert json.loads(ran.stdout) == []
