"""The flows of a part that a report speaks of: what is left of a part once it was judged.

Names and texts are given to many of them at once (``rows.py``), for that costs the same for a few rows as for
thousands, and parts may have few.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from auditor.report.schema import FINDING_NAMES, REPORTED
from auditor.safe import utf8
from auditor.strings import Strings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from numpy.typing import NDArray

    from auditor.flows.schema import FlowBatch
    from auditor.verdicts.schema import VerdictBatch


_IS_REPORTED = [name in REPORTED for name in FINDING_NAMES]
_FIRST_REPORTED = _IS_REPORTED.index(True)
assert all(_IS_REPORTED[_FIRST_REPORTED:]), (
    "findings that are reported come last, so that one comparison tells them"
)


def least_reported(rows: str) -> int:
    """Return the least finding of which flows get rows: of any, or of those that ask for a look.

    Parameters
    ----------
    rows : {'violations', 'all'}
        As ``--rows``.
    """
    return 0 if rows == "all" else _FIRST_REPORTED


@dataclass(frozen=True, slots=True)
class Texts:
    """A text for each of F flows.

    Attributes
    ----------
    codes : ndarray of int32, shape (F,)
        Places in ``distinct``.
    distinct : Strings
        May hold repeats.
    """

    codes: NDArray[np.int32]
    distinct: Strings

    @classmethod
    def chosen(cls, codes: NDArray[np.int32], texts: Strings) -> Self:
        """Return ``texts[codes]`` without the texts that no code points to, which may be many."""
        dense, chosen, _ = texts.chosen(codes)
        return cls(dense, chosen)

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return the texts of all parts, one after the other."""
        if len(parts) == 1:
            return parts[0]
        starts = np.cumsum([0, *(len(part.distinct) for part in parts)], dtype=np.int32)
        codes = [part.codes + start for part, start in zip(parts, starts, strict=False)]
        return cls(np.concatenate(codes), Strings.joined([part.distinct for part in parts]))

    def __getitem__(self, rows: slice) -> Texts:
        """Return the texts of some rows."""
        return Texts(self.codes[rows], self.distinct)


@dataclass(frozen=True, slots=True)
class Reported:
    """What a report says of F flows, without names; see ``FlowBatch`` and ``VerdictBatch`` for the columns.

    Attributes
    ----------
    src_ip, dst_ip, source_file : Texts
        As the log wrote them, and the file as a report may say it.
    src, dst : ndarray of int32, shape (F,)
        Address slots of the ends.
    time_start, time_end, bytes, packets : ndarray of int64, shape (F,)
        Evidence, ``NOT_SAID`` where the log does not say.
    """

    src_ip: Texts
    dst_ip: Texts
    source_file: Texts
    src: NDArray[np.int32]
    dst: NDArray[np.int32]
    protocol: NDArray[np.uint8]
    src_port: NDArray[np.uint16]
    dst_port: NDArray[np.uint16]
    observed: NDArray[np.uint8]
    egress: NDArray[np.int32]
    ingress: NDArray[np.int32]
    opener: NDArray[np.uint8]
    opener_basis: NDArray[np.uint8]
    verdict: NDArray[np.uint8]
    finding: NDArray[np.uint8]
    weight: NDArray[np.int64]
    source_row: NDArray[np.int64]
    time_start: NDArray[np.int64]
    time_end: NDArray[np.int64]
    bytes: NDArray[np.int64]
    packets: NDArray[np.int64]

    @classmethod
    def of(cls, flows: FlowBatch, verdicts: VerdictBatch) -> Self:
        """Return what is reported of the flows of a batch of which verdicts were kept.

        Parameters
        ----------
        flows : FlowBatch
            What was recorded.
        verdicts : VerdictBatch
            Of ``flows``.
        """
        chosen = np.arange(flows.n_flows) if verdicts.places is None else verdicts.places
        src_codes, dst_codes = flows.src_codes[chosen], flows.dst_codes[chosen]
        src_ip, dst_ip = _ends(src_codes, flows.sources.texts, dst_codes, flows.destinations.texts)
        evidence = flows.evidence(chosen)
        n_rows = len(chosen)
        return cls(
            src_ip=src_ip,
            dst_ip=dst_ip,
            source_file=Texts(np.zeros(n_rows, dtype=np.int32), _file_text(flows.file)),
            src=verdicts.src_slots[src_codes.astype(np.intp)],
            dst=verdicts.dst_slots[dst_codes.astype(np.intp)],
            protocol=flows.protocol[chosen],
            src_port=flows.src_port[chosen],
            dst_port=flows.dst_port[chosen],
            observed=flows.observed[chosen],
            egress=verdicts.egress,
            ingress=verdicts.ingress,
            opener=verdicts.opener,
            opener_basis=verdicts.opener_basis,
            verdict=verdicts.verdict,
            finding=verdicts.finding,
            weight=np.ones(n_rows, dtype=np.int64) if flows.weight is None else flows.weight[chosen],
            source_row=flows.rows[chosen],
            time_start=evidence.time_start,
            time_end=evidence.time_end,
            bytes=evidence.bytes,
            packets=evidence.packets,
        )

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return the flows of all parts, at least one, one after the other."""
        if len(parts) == 1:
            return parts[0]
        columns = {name: _joined([getattr(part, name) for part in parts]) for name in _NAMES}
        return cls(**columns)

    def __getitem__(self, rows: slice) -> Reported:
        """Return some of the flows; columns are views."""
        return Reported(**{name: getattr(self, name)[rows] for name in _NAMES})

    def __len__(self) -> int:
        """Return how many flows there are."""
        return len(self.source_row)

    @property
    def n_bytes(self) -> int:
        """About how much memory the columns take."""
        return len(self) * _ROW_BYTES


_NAMES = tuple(field.name for field in fields(Reported))
_ROW_BYTES = 120
"""Of the columns, and of what a row adds to texts."""


def _ends(
    src_codes: NDArray[np.int32], sources: Strings, dst_codes: NDArray[np.int32], destinations: Strings
) -> tuple[Texts, Texts]:
    """Return the texts of both ends."""
    if sources is not destinations:
        return Texts.chosen(src_codes, sources), Texts.chosen(dst_codes, destinations)
    both = Texts.chosen(np.concatenate([src_codes, dst_codes]), sources)
    n_rows = len(src_codes)
    return both[:n_rows], both[n_rows:]


@lru_cache
def _file_text(file: str) -> Strings:
    """Return the name of a file as a report may say it; parts of a file come one after the other."""
    return Strings.of(pa.array([utf8(file)]))


def _joined(columns: list[Any]) -> Any:  # noqa: ANN401 - of the type of the columns
    first = columns[0]
    if isinstance(first, Texts):
        return Texts.joined(columns)
    return np.concatenate(columns)
