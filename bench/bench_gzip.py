"""Compressed logs to columns on two cores, beside bare decompression of the same file, which uses one.

Ours is read and decoded as in an audit: on two threads, of which one at a time inflates and cuts. The others only
inflate, in pieces that stay in the cache, and look at nothing.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lines import beside
from measuring import TWO_CORES, Contender, interleaved, serve

from auditor.flows.options import FlowOptions
from auditor.flows.sniff import open_flow_log
from auditor.reading import Reading
from auditor.sources.files import find_files

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from lines import Line

    from auditor.flows.schema import FlowPart

LEAST_SHARE = 0.8
PIECE = 1 << 18
THREADS = 2
LOGS = {
    ("vpc-text", "gzip"): (6_000_000, 200_000),
    ("hubble-json", "gzip"): (800_000, 40_000),
    ("vpc-text", "zstd"): (6_000_000, 200_000),
}
"""All, and with ``--quick``."""


def decoded(path: str) -> dict[str, Any]:
    """Decode a log as an audit does, without its hash; keep only counts."""
    (file,) = find_files([path])
    found = {"rows": 0, "flows": 0, "path": path}

    def counted(part: FlowPart) -> tuple[int, int]:
        batch = part()
        return batch.account.n_rows, batch.n_flows

    logs = [(file, open_flow_log(file, FlowOptions()))]
    with Reading(logs, counted, lambda _: 0, THREADS, "none", lambda: None) as reading:
        for done, _ in reading.parts(0):
            n_rows, n_flows = done.result()
            found["rows"] += n_rows
            found["flows"] += n_flows
    return found


def check_decoded(found: dict[str, Any]) -> dict[str, Any]:
    """Return rows and decompressed bytes; the bytes are counted anew."""
    pieces = with_arrow if found["path"].endswith(".zst") else with_isal
    return {"rows": found["rows"], "n_bytes": sum(map(len, pieces(found["path"])))}


def with_isal(path: str) -> Iterator[bytes]:
    """Inflate with isal, a quarter MiB at a time: the quickest of the ways that it offers."""
    from isal import igzip_lib  # noqa: PLC0415  not in the processes of the others

    member = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    with Path(path).open("rb", buffering=0) as file:
        while not member.eof:
            yield member.decompress(file.read(PIECE) if member.needs_input else b"", PIECE)


def with_zlib(path: str) -> Iterator[bytes]:
    """Inflate with zlib, a quarter MiB at a time."""
    member = zlib.decompressobj(31)
    with Path(path).open("rb") as file:
        while compressed := file.read(PIECE):
            while compressed:
                yield member.decompress(compressed, PIECE)
                compressed = member.unconsumed_tail


def with_arrow(path: str) -> Iterator[memoryview]:
    """Decompress with pyarrow, a quarter MiB at a time into one buffer."""
    import pyarrow as pa  # noqa: PLC0415  not in the processes of the others

    piece = memoryview(bytearray(PIECE))
    codec = "zstd" if path.endswith(".zst") else "gzip"
    with pa.CompressedInputStream(pa.OSFile(path), codec) as stream:
        while size := stream.readinto(piece):
            yield piece[:size]


def inflating(pieces: Callable[[str], Iterator[Any]]) -> Contender:
    """Return a contender that lets every piece go; lines are counted in a second pass, outside the time."""

    def load(path: str) -> str:
        for _ in pieces(path):
            pass
        return path

    def check(path: str) -> dict[str, Any]:
        rows = n_bytes = 0
        for piece in pieces(path):
            rows += bytes(piece).count(b"\n")
            n_bytes += len(piece)
        return {"rows": rows, "n_bytes": n_bytes}

    return Contender(load, check)


ISAL, ZLIB, ARROW = (
    "bare isal, 256 KiB pieces",
    "bare zlib, 256 KiB pieces",
    "bare zstd (pyarrow), 256 KiB pieces",
)
CONTENDERS = {
    "": Contender(decoded, check_decoded),
    ISAL: inflating(with_isal),
    ZLIB: inflating(with_zlib),
    ARROW: inflating(with_arrow),
}


def lines(chosen: argparse.Namespace) -> Iterator[Line]:
    """Measure, and yield the lines of the table."""
    import inputs  # noqa: PLC0415  not for the measured processes

    for (log_format, codec), sizes in LOGS.items():
        path = inputs.log(log_format, sizes[chosen.quick], codec)
        peers = [ISAL, ZLIB] if codec == "gzip" else [ARROW]
        warm = inputs.warm(log_format, codec)
        samples = interleaved(__file__, ["", *peers], path, warm, chosen.runs, TWO_CORES)
        what = f"{samples[''][0].rows:,} rows to columns, 2 cores"
        name = "JSON" if log_format == "hubble-json" else "VPC text v5"
        yield from beside(f"{name} {codec}", what, "wall_s", samples, LEAST_SHARE)


if __name__ == "__main__" and not serve(CONTENDERS):
    from table import main

    main([Path(__file__).stem])
