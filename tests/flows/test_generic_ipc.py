"""Arrow IPC files and streams, which are not to be trusted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from tests.flows.tables import COLUMNS, by_columns, feather_bytes, generic, ipc_bytes, table

SAMPLE = table(
    observed=["dropped", "", "refused", None], time_start=pa.array([1, 2, None, 4], pa.timestamp("ms"))
)


def ipc(folder, content, **options):
    """Decode Arrow IPC."""
    return generic(folder, content, "arrow", **options)


@pytest.mark.parametrize(
    "content",
    [
        ipc_bytes(SAMPLE),
        ipc_bytes(SAMPLE, rows=1),
        ipc_bytes(SAMPLE, rows=3, compression="lz4"),
        ipc_bytes(SAMPLE, compression="zstd"),
        ipc_bytes(SAMPLE, as_stream=True, rows=2),
        feather_bytes(SAMPLE),
    ],
)
@pytest.mark.parametrize("max_part_rows", [1, 3, 100])
def test_record_batches__read_files_and_streams(tmp_path, content, max_part_rows):
    """File, stream and Feather decode to the same, compressed or not, however rows are cut."""
    found = ipc(tmp_path, content, max_part_rows=max_part_rows)
    expected = by_columns(tmp_path, observed=["dropped", "", "refused", None])
    assert (found.rows, found.account, found.errors) == (expected.rows, expected.account, [])
    assert [time for time, _ in found.times] == ["1000000", "2000000", None, "4000000"]


@pytest.mark.parametrize(
    "kind",
    [
        pa.large_string(),
        pa.string_view(),
        pa.binary_view(),
        pa.dictionary(pa.int8(), pa.string()),
        pa.dictionary(pa.uint32(), pa.large_string()),
    ],
)
def test_record_batches__read_text_of_any_type(tmp_path, kind):
    """Text may be large, a view, a dictionary or bytes."""
    texts = {
        name: pa.array(COLUMNS[name]).cast(pa.binary() if kind == pa.binary_view() else pa.string())
        for name in COLUMNS
        if name != "dst_port"
    }
    times = pa.array(["2023-08-21T12:12:18Z", None, "x", ""])
    columns = table(**{name: _as(column, kind) for name, column in texts.items()}, time_end=_as(times, kind))
    found = ipc(tmp_path, ipc_bytes(columns))
    assert (found.rows, found.errors) == (by_columns(tmp_path).rows, [])
    assert [end for _, end in found.times] == ["1692619938000000000", None, None, None]


def _as(column, kind):
    if pa.types.is_dictionary(kind):
        encoded = column.dictionary_encode()
        return pa.DictionaryArray.from_arrays(
            encoded.indices.cast(kind.index_type), encoded.dictionary.cast(kind.value_type)
        )
    return column.cast(kind)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"ARROW1\0\0 and nothing else",
            "expected an Arrow IPC file, it is broken after record batch 0 - at log",
        ),
        (b"nothing of this kind", "expected an Arrow IPC stream, it is broken after record batch 0 - at log"),
        (b"", "expected an Arrow IPC stream, it is broken after record batch 0 - at log"),
        (
            ipc_bytes(SAMPLE)[:-20],
            "expected an Arrow IPC file, it is broken after record batch 0 - at log",
        ),
        (b"FEA1....", "Feather version 1 is not read; write the table again as version 2 - at log"),
        (
            ipc_bytes(table(protocol=None)),
            "expected columns `protocol`; found `src_ip, dst_ip, dst_port` - at log",
        ),
        (
            ipc_bytes(table(src_ip=pa.array([1.5] * 4))),
            "column `src_ip` has type `double`, expected text or integers - at log",
        ),
    ],
)
def test_record_batches__refuse_what_is_no_flow_table(tmp_path, content, message):
    """Broken bytes and unfit columns end the file with a sentence."""
    found = ipc(tmp_path, content)
    assert (found.rows, found.errors) == ([], [message])


def test_record_batches__keep_what_came_before_the_end(tmp_path):
    """A stream that was cut off gives its whole batches, then the failure."""
    content = ipc_bytes(SAMPLE, as_stream=True, rows=1)
    found = ipc(tmp_path, content[:-150])
    assert [row.row for row in found.rows] == [1, 2, 3]
    assert found.errors == ["expected an Arrow IPC stream, it is broken after record batch 3 - at log"]


def test_record_batches__refuse_large_batches(tmp_path):
    """A batch over the limit is not handed on."""
    batch = SAMPLE.combine_chunks().to_batches()[0]
    content = ipc_bytes(SAMPLE)
    found = ipc(tmp_path, content, max_group_bytes=10)
    assert batch.num_rows == 4
    assert len(found.errors) == 1
    assert found.errors[0].startswith("record batch 1 takes ")
    assert found.errors[0].endswith(" bytes, at most 10 are read; write smaller batches - at log")


def _with_broken_offset(content):
    """Return the file with the end of one address far outside its text."""
    lengths = [len(text) for text in COLUMNS["src_ip"]]
    offsets = [sum(lengths[:n]) for n in range(5)]
    packed = b"".join(offset.to_bytes(4, "little") for offset in offsets)
    assert packed in content
    broken = b"".join(offset.to_bytes(4, "little") for offset in (offsets[0], 1 << 30, *offsets[2:]))
    return content.replace(packed, broken, 1)


@pytest.mark.parametrize("as_stream", [False, True])
def test_trusted__refuses_a_corrupted_offset(tmp_path, as_stream):
    """An offset outside the text is an error, where Arrow alone would read foreign memory."""
    found = ipc(tmp_path, _with_broken_offset(ipc_bytes(SAMPLE, as_stream=as_stream)))
    assert (found.rows, found.errors) == ([], ["column `src_ip` of record batch 1 is corrupt - at log"])


def test_trusted__refuses_a_code_outside_its_dictionary(tmp_path):
    """A dictionary code without a value is an error."""
    wrong = pa.DictionaryArray.from_arrays(
        pa.array([0, 1, 9, 0], pa.int32()), pa.array(["TCP", "UDP"]), safe=False
    )
    found = ipc(tmp_path, ipc_bytes(table(protocol=wrong)))
    assert found.errors == ["column `protocol` of record batch 1 is corrupt - at log"]


def test_trusted__rejects_text_that_is_no_utf8_by_row(tmp_path):
    """One value of broken text costs its row, not the batch."""
    raw = pa.array([b"10.0.0.1", b"\xff\xfe", b"10.0.0.3", b"10.0.0.1"])
    found = ipc(tmp_path, ipc_bytes(table(src_ip=raw.view(pa.string()))))
    assert found.rejected == {"source address is no IP address": (1, [2])}


MUTATE = """
import random, sys
from pathlib import Path
from tests.flows.tables import COLUMNS, generic, ipc_bytes, parquet_bytes, table
folder, kind = Path(sys.argv[1]), sys.argv[2]
sample = table(bytes=[1, 2, 3, 4], time_start=["2023-08-21T12:12:18Z"] * 4)
good = parquet_bytes(sample) if kind == "parquet" else ipc_bytes(sample)
chance = random.Random(7)
for _ in range(150):
    broken = bytearray(good)
    for _ in range(chance.choice([1, 2, 4])):
        place = chance.randrange(len(broken) - 4)
        broken[place : place + 4] = chance.choice([b"\\xff\\xff\\xff\\x7f", b"\\xff" * 4, chance.randbytes(4)])
    generic(folder, bytes(broken), kind)
print("survived")
"""


@pytest.mark.parametrize("kind", ["arrow", "parquet"])
def test_trusted__survives_random_damage(tmp_path, kind):
    """Whatever bytes are damaged, the answer is flows or an error, never the end of the process."""
    ran = subprocess.run(
        [sys.executable, "-c", MUTATE, str(tmp_path), kind],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, "survived\n"), ran.stderr[-2000:]
