"""A row group of a VPC flow log by its pages: usual rows in one pass, the others by the exact reader."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from auditor.arrays import frozen
from auditor.flows import vpc_stored as stored
from auditor.flows.addresses import parse_texts
from auditor.flows.parquet_pages import Surprise
from auditor.flows.row_range import RowRange
from auditor.flows.schema import Account, Addresses, FlowBatch
from auditor.flows.vpc_records import ACTION_BROKEN, HINTS, STATUS_OK, action_code, status_code
from kernels import codes
from kernels.plain import hint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from auditor.flows.parquet_columns import PagedGroup
    from auditor.flows.schema import Evidence, EvidenceSource

    Read = Callable[[tuple[str, ...]], Mapping[str, pa.Array]]
    Decode = Callable[[Account, NDArray[np.int64], Read], FlowBatch]

_TCP = 6
_HINTS = np.zeros((2, 256), np.uint8)
_HINTS[1] = HINTS
_HINTS.flags.writeable = False


@dataclass(frozen=True, slots=True)
class PagedRows:
    """Rows of a VPC flow log in a row group.

    Attributes
    ----------
    group : PagedGroup
        The row group.
    file : str
        As messages name it.
    first_row : int
        Its first row in the file, from 1.
    names : mapping of str to str
        The column of each field.
    decode : callable
        The exact reader: takes an account, the numbers of rows, and what returns columns of these rows.
    """

    group: PagedGroup
    file: str
    first_row: int
    names: Mapping[str, str]
    decode: Decode

    def batch(self, evidence: Callable[[NDArray[np.int64] | None], EvidenceSource]) -> FlowBatch:
        """Decode all rows.

        Parameters
        ----------
        evidence : callable
            Returns the evidence of the rows that are kept (their places; None is all).

        Raises
        ------
        Surprise
            Something in the pages is not understood.
        """
        n, group, names = self.group.n_rows, self.group, self.names
        odd = np.zeros(n, np.uint8)
        src_codes, sources = self._side("srcaddr", odd)
        dst_codes, destinations = self._side("dstaddr", odd)
        # Not zeroed: such memory comes anew from the system for every row group. Odd rows may hold anything.
        protocol, observed, flags = np.empty((3, n), np.uint8)
        src_port, dst_port = np.empty((2, n), np.uint16)
        if "log-status" in names:
            # Its numbers are of no use: rows that are not OK are odd.
            group.words(names["log-status"], _status, flags, odd)
        group.small(names["protocol"], protocol, odd)
        if "action" in names:
            group.words(names["action"], _action, observed, odd)
        else:
            observed[:] = 0
        if "tcp-flags" in names:
            group.small(names["tcp-flags"], flags, odd)
            if "srcport" not in names:
                raise Surprise
        else:
            flags[:] = 0
        if "srcport" in names:
            group.numbers(names["srcport"], src_port, odd)
        else:
            src_port[:] = 0
        group.numbers(names["dstport"], dst_port, odd)
        hint(frozen(protocol), _HINTS, flags)
        plain = FlowBatch(
            file=self.file,
            account=Account(n_rows=n),
            rows=RowRange(self.first_row, n),
            src_codes=src_codes,
            dst_codes=dst_codes,
            sources=sources,
            destinations=destinations,
            protocol=protocol,
            src_port=src_port,
            dst_port=dst_port,
            opener_hint=flags,
            observed=observed,
            weight=None,
            evidence=evidence(None),
        )
        return self._with_odd(plain, odd, evidence) if odd.any() else plain

    def _side(self, field: str, odd: NDArray[np.uint8]) -> tuple[NDArray[np.int32], Addresses]:
        name = self.names.get(f"pkt-{field}", self.names.get(field, ""))
        places = np.empty(self.group.n_rows, np.int32)
        addresses, status = parse_texts(self.group.codes(name, places, odd))
        is_odd = (status != codes.ADDRESS_OK).astype(np.uint8)
        if is_odd.any():
            odd |= np.where(places < 0, np.uint8(1), is_odd[places])
        return places, addresses

    def _with_odd(
        self,
        plain: FlowBatch,
        odd: NDArray[np.uint8],
        evidence: Callable[[NDArray[np.int64] | None], EvidenceSource],
    ) -> FlowBatch:
        """Let the exact reader decide about odd rows, and put those that are flows among the others."""
        places = np.flatnonzero(odd)

        def read(fields: tuple[str, ...]) -> dict[str, pa.Array]:
            return {
                field: self.group.chosen(self.names[field], places) for field in fields if field in self.names
            }

        exact = self.decode(Account(n_rows=len(places)), plain.rows[places], read)
        account = exact.account
        account.n_rows = len(odd)
        found = np.asarray(exact.rows) - self.first_row
        for column, other, shift in (
            (plain.src_codes, exact.src_codes, len(plain.sources.high)),
            (plain.dst_codes, exact.dst_codes, len(plain.destinations.high)),
        ):
            column[found] = other + np.int32(shift)
        for name in ("protocol", "src_port", "dst_port", "opener_hint", "observed"):
            getattr(plain, name)[found] = getattr(exact, name)
        odd[found] = 0
        kept = np.flatnonzero(odd == 0)
        return replace(
            plain,
            account=account,
            sources=Addresses.joined([plain.sources, exact.sources]),
            destinations=Addresses.joined([plain.destinations, exact.destinations]),
            evidence=evidence(kept),
            **{
                name: getattr(plain, name)[kept]
                for name in (
                    *("rows", "src_codes", "dst_codes", "protocol", "src_port", "dst_port"),
                    *("opener_hint", "observed"),
                )
            },
        )


@dataclass(frozen=True, slots=True)
class PagedEvidence:
    """Loads the evidence of chosen flows from the pages that hold them (see ``schema.EvidenceSource``).

    Attributes
    ----------
    group : PagedGroup
        The row group.
    names : mapping of str to str
        The column of each field.
    read : callable
        The exact reader, where something in the pages is unusual.
    kept : ndarray of int64, or None
        Which rows became flows; None if all did.
    """

    group: PagedGroup
    names: Mapping[str, str]
    read: Read
    kept: NDArray[np.int64] | None

    def __call__(self, flows: NDArray[np.int64]) -> Evidence:
        """Return the evidence of ``flows`` (int64 places in the batch, ascending)."""
        places = flows if self.kept is None else self.kept[flows]
        chosen = self._chosen((*stored.TIMES, "bytes", "packets"), places)
        if chosen is None:
            return stored.StoredEvidence(self.read, self.kept)(flows)
        return stored.evidence_of(chosen, len(places))

    def times(self, flows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return when ``flows`` began and ended."""
        places = flows if self.kept is None else self.kept[flows]
        chosen = self._chosen(stored.TIMES, places)
        if chosen is None:
            return stored.StoredEvidence(self.read, self.kept).times(flows)
        return stored.times_of(chosen, len(places))

    def _chosen(self, fields: tuple[str, ...], places: NDArray[np.int64]) -> dict[str, pa.Array] | None:
        """Return the columns that the file has; None if something in their pages is unusual."""
        try:
            return {
                field: self.group.chosen(self.names[field], places) for field in fields if field in self.names
            }
        except (Surprise, OSError):
            return None


def _status(word: str) -> int | None:
    return 0 if status_code(word) == STATUS_OK else None


def _action(word: str) -> int | None:
    code = action_code(word)
    return None if code == ACTION_BROKEN else code
