"""Hubble JSON to columns, one core, beside the readers that others would use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lines import beside
from measuring import Contender, interleaved, serve

from auditor.capacity.peers.contest import OURS
from auditor.capacity.peers.hubble import check_batches, contenders, decoded
from auditor.capacity.peers.hubble_readers import OBJECTS_ONLY

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from lines import Line

LEAST_RATIO = 3.0
LEAST_BYTES = 0.6e9
ROWS, QUICK_ROWS = 200_000, 40_000

_FOUND = contenders({})
CONTENDERS = {
    OURS: _FOUND.pop(OURS),
    "library reader (msgspec, exact)": Contender(lambda path: decoded(path, is_exact=True), check_batches),
    **_FOUND,
}


def lines(chosen: argparse.Namespace) -> Iterator[Line]:
    """Measure, and yield the lines of the table."""
    import inputs  # noqa: PLC0415  not for the measured processes

    path = inputs.log("hubble-json", QUICK_ROWS if chosen.quick else ROWS)
    samples = interleaved(__file__, list(CONTENDERS), path, inputs.warm("hubble-json"), chosen.runs)
    what = f"{samples[''][0].rows:,} events to columns, 1 core"
    partial = frozenset({OBJECTS_ONLY})
    yield from beside(
        "JSON plain", what, "cpu_s", samples, LEAST_RATIO, least_bytes=LEAST_BYTES, partial=partial
    )


if __name__ == "__main__" and not serve(CONTENDERS):
    from table import main

    main([Path(__file__).stem])
