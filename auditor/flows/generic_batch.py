"""The columns of a generic flow table to a batch: which rows are rejected and why, and what the rest says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from auditor.flows import generic_columns as read
from auditor.flows.schema import FlowBatch
from auditor.flows.sieve import Sieve, compress
from kernels import codes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from auditor.flows.generic_columns import Numbers
    from auditor.flows.schema import Account, Addresses, EvidenceSource


class KeptRows(Protocol):
    """Evidence of every row, of which some are kept."""

    def of(self, kept: NDArray[np.int64] | None) -> EvidenceSource:
        """Return that of the rows at some places, None for all."""
        ...


_MAX_PORT = 65535
_MAX_PROTOCOL = 255
_MAX_WEIGHT = 1 << 40
_TCP = 6
_WITH_PORTS = (6, 17, 33, 132, 136)  # TCP, UDP, DCCP, SCTP, UDPLITE
_BY_DESTINATION = (codes.HINT_DESTINATION_TCP_FLAGS, codes.HINT_DESTINATION_REPLY_FLAG)
_SYN, _ACK, _PSH, _URG = 2, 16, 8, 32


def flow_batch(
    file: str,
    columns: Mapping[str, pa.Array],
    rows: NDArray[np.int64],
    account: Account,
    evidence: KeptRows,
) -> FlowBatch:
    """Turn columns into a batch.

    Parameters
    ----------
    file : str
        As messages name it.
    columns : mapping of str to pyarrow.Array
        Every required column and those of ``generic_schema.JUDGED`` that the table has, each F long, of types
        that ``check_types`` let through, validated if they come from Arrow IPC.
    rows : ndarray of int64, shape (F,)
        Row or line numbers, from 1.
    account : Account
        What was already sorted out before; the rows given here are added to it.
    evidence : KeptRows
        Loads the evidence by place in ``columns``.

    Returns
    -------
    FlowBatch
    """
    account.n_rows += len(rows)
    sieve = Sieve(account, rows)
    src_codes, sources = _side(sieve, columns["src_ip"], "source")
    dst_codes, destinations = _side(sieve, columns["dst_ip"], "destination")
    protocol = _protocol(sieve, columns["protocol"])
    src_port, lacks_src_port = _source_port(sieve, columns.get("src_port"), len(rows))
    dst_port = _destination_port(sieve, columns["dst_port"], protocol)
    observed = _observed(sieve, columns.get("observed"), len(rows))
    weight = _weight(sieve, columns.get("weight"))
    hint = _opener_hint(sieve, columns, protocol)
    if lacks_src_port is not None:
        # What a reply is judged by is the port it comes from.
        is_missing = lacks_src_port & np.isin(hint, _BY_DESTINATION) & np.isin(protocol, _WITH_PORTS)
        sieve.reject("source port of a reply is missing", is_missing)
    kept = sieve.kept()
    return FlowBatch(
        file=file,
        account=account,
        rows=compress(rows, kept),
        src_codes=compress(src_codes, kept),
        dst_codes=compress(dst_codes, kept),
        sources=sources,
        destinations=destinations,
        protocol=compress(protocol, kept),
        src_port=compress(src_port, kept),
        dst_port=compress(dst_port, kept),
        opener_hint=compress(hint, kept),
        observed=compress(observed, kept),
        weight=None if weight is None else compress(weight, kept),
        evidence=evidence.of(kept),
    )


def _side(sieve: Sieve, column: pa.Array, side: str) -> tuple[NDArray[np.int32], Addresses]:
    """Read the addresses of one side; broken ones that no row uses do not matter."""
    places, addresses, status = read.addresses(column)
    if (status != codes.ADDRESS_OK).any():
        found = status[places]
        sieve.reject(f"{side} address is missing", found == codes.ADDRESS_MISSING)
        sieve.reject(f"{side} address is no IP address", found == codes.ADDRESS_BROKEN)
    return places, addresses


def _reject_outside(sieve: Sieve, numbers: Numbers, first: int, last: int, reason: str) -> None:
    """Reject numbers that are broken or outside ``first..last``; missing ones are the caller's affair."""
    values, status = numbers
    # At once, so that the first rows are counted first; two reductions are cheaper than a mask for every row.
    wrong = None if status is None else status == read.BROKEN
    if len(values) and (values.min() < first or values.max() > last):
        outside = (values < first) | (values > last)
        wrong = outside if status is None else wrong | (outside & (status == read.OK))
    if wrong is not None:
        sieve.reject(reason, wrong)


def _protocol(sieve: Sieve, column: pa.Array) -> NDArray[np.uint8]:
    numbers = read.protocols(column)
    if numbers.status is not None:
        sieve.reject("protocol is missing", numbers.status == read.MISSING)
    _reject_outside(
        sieve, numbers, 0, _MAX_PROTOCOL, f"protocol is no name or number from 0 to {_MAX_PROTOCOL}"
    )
    return numbers.values.astype(np.uint8)


def _source_port(
    sieve: Sieve, column: pa.Array | None, n_rows: int
) -> tuple[NDArray[np.uint16], NDArray[np.bool_] | None]:
    """Read source ports, 0 where missing, and which are missing (None if none is)."""
    if column is None:
        return np.zeros(n_rows, np.uint16), np.ones(n_rows, np.bool_)
    numbers = read.whole_numbers(column)
    _reject_outside(sieve, numbers, 0, _MAX_PORT, f"source port is no number from 0 to {_MAX_PORT}")
    is_missing = None if numbers.status is None else numbers.status == read.MISSING
    return numbers.values.astype(np.uint16), is_missing


def _destination_port(sieve: Sieve, column: pa.Array, protocol: NDArray[np.uint8]) -> NDArray[np.uint16]:
    numbers = read.whole_numbers(column)
    _reject_outside(sieve, numbers, 0, _MAX_PORT, f"destination port is no number from 0 to {_MAX_PORT}")
    if numbers.status is not None:
        needs_port = np.isin(protocol, _WITH_PORTS)
        sieve.reject("destination port is missing", (numbers.status == read.MISSING) & needs_port)
    return numbers.values.astype(np.uint16)


def _observed(sieve: Sieve, column: pa.Array | None, n_rows: int) -> NDArray[np.uint8]:
    if column is None:
        return np.full(n_rows, codes.OBSERVED_UNSEEN, np.uint8)
    numbers = read.observed(column)
    if numbers.status is not None:
        reason = "observed is none of forwarded, dropped, refused, audited, unseen"
        sieve.reject(reason, numbers.status == read.BROKEN)
    return numbers.values.astype(np.uint8)


def _weight(sieve: Sieve, column: pa.Array | None) -> NDArray[np.int64] | None:
    """Read weights; null is 1."""
    if column is None:
        return None
    values, status = read.whole_numbers(column)
    if status is not None:
        values = np.where(status == read.MISSING, 1, values)
    _reject_outside(
        sieve, read.Numbers(values, status), 1, _MAX_WEIGHT, f"weight is no number from 1 to {_MAX_WEIGHT}"
    )
    return values


def _opener_hint(
    sieve: Sieve, columns: Mapping[str, pa.Array], protocol: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Say which end opened the connection: ``is_reply`` before ``tcp_flags``.

    A SYN without ACK comes from the opener. SYN with ACK is the answer, as long as the flags are of one
    packet or, as VPC flow logs write them, leave out lone ACKs. Logs that add up the flags of all packets
    show both from the opener too; PSH or URG gives those away, and nothing is concluded from them.
    """
    hint = np.full(len(protocol), codes.HINT_NONE, np.uint8)
    flags_column, reply_column = columns.get("tcp_flags"), columns.get("is_reply")
    if flags_column is not None:
        numbers = read.whole_numbers(flags_column)
        _reject_outside(sieve, numbers, 0, _MAX_PORT, f"tcp_flags is no number from 0 to {_MAX_PORT}")
        flags = numbers.values
        is_syn = (flags & _SYN != 0) & (protocol == _TCP)
        is_ack = flags & _ACK != 0
        is_single = flags & (_PSH | _URG) == 0
        hint[is_syn & ~is_ack] = codes.HINT_SOURCE_TCP_FLAGS
        hint[is_syn & is_ack & is_single] = codes.HINT_DESTINATION_TCP_FLAGS
    if reply_column is not None:
        values, status = read.truths(reply_column)
        if status is not None:
            sieve.reject("is_reply is neither true nor false", status == read.BROKEN)
        known = np.ones(len(values), np.bool_) if status is None else status == read.OK
        hint[known & (values == 1)] = codes.HINT_DESTINATION_REPLY_FLAG
        hint[known & (values == 0)] = codes.HINT_SOURCE_REPLY_FLAG
    return hint
