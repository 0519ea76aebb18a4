"""Lines of the table of figures: how they are written, and whether what was promised holds."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from machine import describe
from measuring import ROOT, ratios

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

    from measuring import Sample

RESULTS = ROOT / "bench" / "results"
_WIDTHS = (20, 52, 36, 10, 6, 10, 8, 23, 15, 5)
_NAMES = (
    "path",
    "what",
    "peer",
    "rows/s",
    "GB/s",
    "CPU ns/row",
    "wall s",
    "ratio (min-max)",
    "promised",
    "holds",
)


@dataclass(frozen=True, slots=True)
class Line:
    """A figure of ours, or of a peer beside it.

    Attributes
    ----------
    path : str
        Which road through the program, e.g. ``JSON plain``.
    what : str
        What was done to what, on how many cores.
    peer : str
        Who did it, with its settings; empty is this project.
    basis : str
        ``cpu_s`` or ``wall_s``: what rates and ratios are made of.
    samples : sequence of Sample
        The runs; of a peer in step with ours.
    ours : sequence of Sample
        What a peer is compared with.
    promised : str
        In words.
    holds : bool, optional
        Whether it does.
    note : str
        A figure that is no rate, in place of the ratio.
    """

    path: str
    what: str
    peer: str
    basis: str
    samples: Sequence[Sample]
    ours: Sequence[Sample] = ()
    promised: str = ""
    holds: bool | None = None
    note: str = ""

    def median(self, name: str) -> float:
        """Return the median of one field of the samples."""
        return statistics.median(getattr(sample, name) for sample in self.samples)

    @property
    def bytes_a_second(self) -> float:
        """Bytes of the file as it lies on disk, by the basis."""
        return self.samples[0].n_bytes / self.median(self.basis)

    @property
    def rows_a_second(self) -> float:
        """Rows by the basis."""
        return self.samples[0].rows / self.median(self.basis)

    @property
    def ratio(self) -> float:
        """The median ratio of the peer's time and ours."""
        return ratios(self.ours, self.samples, self.basis)[0]

    def cells(self) -> list[str]:
        """Return the line as the table shows it."""
        rows = self.samples[0].rows
        ratio = self.note
        if self.ours:
            middle, least, greatest = ratios(self.ours, self.samples, self.basis)
            ratio = f"{middle:.2f} ({least:.2f}-{greatest:.2f}) {self.basis[:-2]}"
        return [
            self.path,
            self.what,
            self.peer or "this project",
            f"{self.rows_a_second:,.0f}" if rows else "",
            f"{self.bytes_a_second / 1e9:.3f}" if self.samples[0].n_bytes else "",
            f"{self.median('cpu_s') / rows * 1e9:,.1f}" if rows else "",
            f"{self.median('wall_s'):.3f}",
            ratio,
            self.promised,
            {True: "yes", False: "NO", None: ""}[self.holds],
        ]


def beside(
    path: str,
    what: str,
    basis: str,
    samples: dict[str, list[Sample]],
    least_ratio: float | None,
    *,
    least_rows: float = 0,
    least_bytes: float = 0,
    partial: frozenset[str] = frozenset(),
) -> list[Line]:
    """Return our line and one for each peer; the ratio is promised of the best of them.

    Parameters
    ----------
    path, what, basis
        See ``Line``.
    samples : dict of str to list of Sample
        Ours first, then each peer's.
    least_ratio : float or None
        Promised against the best peer, if anything is.
    least_rows, least_bytes : float
        Promised of ours, a second.
    partial : frozenset of str
        Peers that do only a part of the work: shown, not promised against.
    """
    (_, ours), *peers = samples.items()
    lines = [Line(path, what, name, basis, theirs, ours) for name, theirs in peers]
    best = min((line for line in lines if line.peer not in partial), key=lambda line: line.ratio)
    judged = [
        line
        if line is not best or least_ratio is None
        else Line(
            path,
            what,
            line.peer,
            basis,
            line.samples,
            ours,
            f">= {least_ratio:g} x",
            line.ratio >= least_ratio,
        )
        for line in lines
    ]
    own = Line(path, what, "", basis, ours)
    if least_rows:
        promised = f">= {least_rows / 1e6:g} M rows/s"
        own = Line(path, what, "", basis, ours, (), promised, own.rows_a_second >= least_rows)
    elif least_bytes:
        promised = f">= {least_bytes / 1e9:g} GB/s"
        own = Line(path, what, "", basis, ours, (), promised, own.bytes_a_second >= least_bytes)
    return [own, *judged]


@dataclass
class Table:
    """The table on standard output, and the same figures as JSON.

    Attributes
    ----------
    lines : list of Line
        What was printed so far.
    """

    lines: list[Line] = field(default_factory=list)

    def begin(self, options: argparse.Namespace) -> None:
        """Print what holds for all lines."""
        print(describe())
        print(
            f"median of {options.runs} runs in step with the peer's, each in a process of its own; rates and ratios by "
            "CPU time on one core, by wall on two; ratio: their time by ours"
        )
        print(" | ".join(name.ljust(width) for name, width in zip(_NAMES, _WIDTHS, strict=True)), flush=True)

    def add(self, lines: Iterable[Line]) -> None:
        """Print lines as they come."""
        for line in lines:
            self.lines.append(line)
            cells = (cell.ljust(width) for cell, width in zip(line.cells(), _WIDTHS, strict=True))
            print(" | ".join(cells).rstrip(), flush=True)

    def save(self, name: str) -> None:
        """Write the figures to ``bench/results``."""
        RESULTS.mkdir(parents=True, exist_ok=True)
        figures: dict[str, Any] = {
            "machine": describe(),
            "lines": [self._as_json(line) for line in self.lines],
        }
        (RESULTS / f"{name}.json").write_text(json.dumps(figures, indent=1) + "\n")

    def _as_json(self, line: Line) -> dict[str, Any]:
        cells = dict(zip(_NAMES, line.cells(), strict=True))
        return {**cells, "basis": line.basis, "samples": [asdict(sample) for sample in line.samples]}
