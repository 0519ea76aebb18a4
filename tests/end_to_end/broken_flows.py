"""Flow logs that nobody should write, and what the command line has to say to each."""

from __future__ import annotations

import gzip

import pyarrow as pa

from tests.end_to_end.breaking import (
    COLUMNS,
    DEEP,
    MIB,
    N_HUGE,
    TABLE,
    Broken,
    bomb,
    corrupt_member,
    corrupt_row_group,
    corrupted_offset,
    cut_gzip,
    dictionary_expansion,
    hubble,
    ipc,
    parquet,
)
from tests.small_cluster import ALLOWED, AUDIT, FLOWS, VIOLATION

NOT_HUBBLE = (
    "format not recognised: the file is JSON, but none of its first records is a Hubble event or has `src_ip`, "
    "`dst_ip`, `protocol`, `dst_port` in it; say with --json-fields where these stand - at flows.log"
)
ZIP = "format not recognised: the file is a zip archive; unpack it first - at flows.log"
NO_PARQUET = (
    "file cannot be read as Parquet: Parquet magic bytes not found in footer. Either the file is corrupted or this is "
    "not a parquet file - at flows.log"
)


def logged(name, content, *messages, **rest):
    """Return the case of one flow log."""
    return Broken(f"flows: {name}", {"flows.log": content}, messages, **rest)


def suspect(shown):
    """Return what is said of a file of no known format that begins so."""
    return (
        f"format not recognised: the first line is `{shown}`; known are `vpc-text`, `vpc-parquet`, `hubble-json`, "
        "`generic-parquet`, `generic-arrow`, `generic-csv`, `generic-json`; name it with --format, and the fields "
        "of VPC text without a header with --vpc-format - at flows.log"
    )


def too_many(n_rejected, n_rows):
    """Return what is said of more rejected rows than allowed."""
    limit = "rows were rejected, more than `--max-rejected 1%`; rejected.arrow lists the reasons"
    return f"`{n_rejected}` of `{n_rows}` {limit}"


CASES = [
    logged("empty", b"", "expected flow logs, came nothing: every file is empty - at flows.log"),
    logged("blanks alone", b"\n \n\t\n", code=0, rows=(0, 0, 0)),
    logged("prose", "hello world\nthis is no log\n", suspect("hello world")),
    logged("every byte", bytes(range(256)) * 40, suspect("".join(f"\\u{n:04x}" for n in range(9)))),
    logged("zip archive", b"PK\x03\x04" + bytes(100), ZIP),
    logged("UTF-16", FLOWS.encode("utf-16"), "expected text in UTF-8, the file is in UTF-16 - at flows.log"),
    logged("other JSON", '{"a": 1}\n', NOT_HUBBLE),
    logged("JSON nested 20 000 deep", "[" * DEEP + "]" * DEEP, NOT_HUBBLE, spawned=True),
    logged(
        "Hubble line nested 20 000 deep",
        lambda: hubble() + '{"flow":{"IP":' + "[" * DEEP + "]" * DEEP + "}}\n" + hubble(),
        too_many(1, 3),
        code=3,
        rows=(3, 2, 1),
        spawned=True,
    ),
    logged(
        "Hubble lines cut, without an address",
        lambda: hubble() + '{"flow": {"IP"\n' + hubble(IP={"source": "x", "destination": "10.0.0.2"}),
        too_many(2, 3),
        code=3,
        rows=(3, 1, 2),
    ),
    logged(
        "a line of 2 MiB",
        lambda: FLOWS + "5 " + "1" * 2 * MIB + "\n" + VIOLATION,
        too_many(1, 10),
        code=3,
        rows=(10, 8, 1),
    ),
    logged("a line of words", FLOWS + "5 a b c\n" + VIOLATION, too_many(1, 10), code=3, rows=(10, 8, 1)),
    logged("a line of words among many", FLOWS + "5 a b c\n" + VIOLATION * 200, code=1, rows=(209, 207, 1)),
    logged(
        "a rejected line under --on-rejected fail",
        FLOWS + "5 a b c\n" + ALLOWED,
        "expected no rejected row under `--on-rejected fail`, came one: number of fields is not that of the header or "
        "--vpc-format - at flows.log:9",
        code=3,
        rows=(10, 8, 1),
        arguments=(*AUDIT, "--on-rejected", "fail"),
    ),
    logged(
        "gzip cut off",
        cut_gzip,
        "file cannot be read further than 183231 decompressed bytes: the gzip stream is cut off - at flows.log:2378",
        code=3,
        rows=(2377, 2376, 0),
    ),
    logged(
        "gzip cut off at once",
        gzip.compress(FLOWS.encode())[:12],
        "file cannot be read further than 0 decompressed bytes: the gzip stream is cut off - at flows.log",
    ),
    logged(
        "gzip member corrupt",
        corrupt_member,
        "file cannot be read further than 614 decompressed bytes: the gzip stream is corrupt - at flows.log:9",
        code=3,
        rows=(8, 7, 0),
    ),
    logged("gzip bomb of nothing", bomb, suspect("\\u0000" * 10 + "..."), spawned=True),
    logged(
        "gzip bomb of one line",
        lambda: bomb(FLOWS.encode(), b"1", b"\n" + VIOLATION.encode()),
        too_many(1, 10),
        code=3,
        rows=(10, 8, 1),
        spawned=True,
    ),
    logged(
        "gzip bomb of Parquet",
        lambda: bomb(b"PAR1", b"\0", b"PAR1"),
        "file holds more than the 67108864 decompressed bytes read at once; split it - at flows.log",
        spawned=True,
    ),
    logged(
        "zstd cut off",
        lambda: pa.compress(FLOWS.encode() * 100, "zstd", asbytes=True)[:60],
        "file cannot be read further than 0 decompressed bytes: the zstd stream is cut off or corrupt - at flows.log",
    ),
    logged(
        "Arrow with a corrupt offset",
        corrupted_offset,
        "column `src_ip` of record batch 1 is corrupt - at flows.log",
        spawned=True,
    ),
    logged(
        "Arrow cut off",
        lambda: ipc()[:-30],
        "expected an Arrow IPC file, it is broken after record batch 0 - at flows.log",
    ),
    logged(
        "Arrow without a column",
        lambda: ipc(TABLE.drop_columns(["protocol"])),
        "expected columns `protocol`; found `src_ip, dst_ip, dst_port, observed` - at flows.log",
    ),
    logged(
        "Arrow with ports in lists",
        lambda: ipc(pa.table({**COLUMNS, "dst_port": [[1]] * 4})),
        "column `dst_port` has type `list<item: int64>`, expected numbers or text - at flows.log",
    ),
    logged(
        "Feather 1",
        b"FEA1" + bytes(8),
        "Feather version 1 is not read; write the table again as version 2 - at flows.log",
    ),
    logged("Parquet cut off", lambda: parquet()[:-30], NO_PARQUET),
    logged("text as --format vpc-parquet", FLOWS, NO_PARQUET, arguments=(*AUDIT, "--format", "vpc-parquet")),
    logged(
        "Parquet of four bytes",
        b"PAR1",
        "file cannot be read as Parquet: Parquet file size is 4 bytes, smaller than the minimum file footer (8 bytes) "
        "- at flows.log",
    ),
    logged(
        "Parquet with a corrupt row group",
        corrupt_row_group,
        "row group 1 of 2 cannot be read: Couldn't deserialize thrift: don't know what type: ? - at flows.log:1",
        code=3,
        rows=(2, 2, 0),
        spawned=True,
    ),
    logged(
        "Parquet of 72 GB written out",
        dictionary_expansion,
        too_many(N_HUGE, N_HUGE),
        code=3,
        rows=(N_HUGE, 0, N_HUGE),
        spawned=True,
    ),
    logged(
        "Parquet with another name",
        lambda: parquet(TABLE.rename_columns(["src", "dst_ip", "protocol", "dst_port", "observed"])),
        "expected columns `src_ip` (is it `src`?); found `src, dst_ip, protocol, dst_port, observed` - at flows.log",
    ),
    logged(
        "VPC Parquet without columns",
        lambda: parquet(pa.table({"srcaddr": ["10.0.0.1"], "dstaddr": ["10.0.0.2"]})),
        "expected columns `dstport` and `protocol` of a VPC flow log, found none - at flows.log",
    ),
    logged(
        "CSV with another name",
        "src_ip,dst_ip,proto,dst_port\n10.0.0.1,10.0.0.2,6,80\n",
        "expected columns `protocol` (is it `proto`?); found `src_ip, dst_ip, proto, dst_port` - at flows.log",
    ),
    logged(
        "CSV rows of every kind of wrong",
        "src_ip,dst_ip,protocol,dst_port,observed\n198.51.100.9,10.0.0.2,TCP,5432,\n1.1.1.1,2.2.2.2,TCP\n"
        '"1,1,1,1\n,,,,\n1.1.1.1,2.2.2.2,TCP,99999,\n1.1.1.1,2.2.2.2,FOO,80,\n1.1.1.1,2.2.2.2,TCP,,\n',
        too_many(6, 7),
        code=3,
        rows=(7, 1, 6),
    ),
]
