"""What a VPC record means, whatever carried it: which rows are flows, and what is known of each.

Rules are those of the VPC user guide ("Flow log records"): a record is a flow if its status is OK and it has
a protocol; NODATA says that nothing happened in a window, SKIPDATA that records of a window were lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.flows.schema import Addresses, FlowBatch
from auditor.flows.sieve import Sieve, compress
from kernels import codes
from kernels.text import NUMBER_MISSING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.flows.schema import Account, EvidenceSource

    Integers = NDArray[np.signedinteger]

STATUS_OK = 0
STATUS_NODATA = 1
STATUS_SKIPDATA = 2
STATUS_BROKEN = 3

ACTION_BROKEN = 255

_MISSING_WORDS = frozenset({"-", "", "None", "null", "nan", "NaN"})
_STATUS = {"OK": STATUS_OK, "NODATA": STATUS_NODATA, "SKIPDATA": STATUS_SKIPDATA}
_ACTION = {"ACCEPT": codes.OBSERVED_FORWARDED, "REJECT": codes.OBSERVED_REFUSED}

_TCP = 6
_SYN, _ACK, _SYN_ACK = 2, 16, 18
_WITH_PORTS = (6, 17, 33, 132, 136)  # TCP, UDP, DCCP, SCTP, UDP-Lite


def status_code(word: str | None) -> int:
    """Return ``STATUS_*`` of a log status; a missing one says nothing against the record."""
    return STATUS_OK if word is None or word in _MISSING_WORDS else _STATUS.get(word, STATUS_BROKEN)


def action_code(word: str | None) -> int:
    """Return ``codes.OBSERVED_*`` of an action, or ``ACTION_BROKEN``.

    REJECT is the word of a security group or network ACL, never of a network policy.
    """
    return (
        codes.OBSERVED_UNSEEN if word is None or word in _MISSING_WORDS else _ACTION.get(word, ACTION_BROKEN)
    )


def _hints() -> NDArray[np.uint8]:
    """Return who opened the connection by TCP flags: SYN comes from the opener, SYN-ACK from the other end.

    The flags of all packets of a window are added up, and plain ACKs are not recorded.
    """
    flags = np.arange(256)
    answered = np.where(flags & _ACK, codes.HINT_DESTINATION_TCP_FLAGS, codes.HINT_SOURCE_TCP_FLAGS)
    hints = np.where(flags & _SYN, answered, codes.HINT_NONE).astype(np.uint8)
    hints.flags.writeable = False
    return hints


HINTS = _hints()
"""``codes.HINT_*`` of each set of TCP flags, 0 to 255."""


class VpcColumns(NamedTuple):
    """The columns of F records that a verdict needs; numbers are -1 where missing and -2 where broken.

    Attributes
    ----------
    src_codes, dst_codes : ndarray of int32, shape (F,)
        Places in ``sources`` and ``destinations``.
    sources, destinations : Addresses
        Those of the packet, where it has none those of the interface.
    source_status, destination_status : ndarray of uint8, shape (A,)
        ``codes.ADDRESS_*`` of each.
    log_status : ndarray of uint8, shape (F,), or None
        ``STATUS_*``; None if all are OK.
    action : ndarray of uint8, shape (F,), or None
        See ``action_code``; None if the log has none (Transit Gateway).
    protocol, src_port, dst_port, tcp_flags : ndarray of a signed integer type, shape (F,), or None
        None if the log does not have the field.
    """

    src_codes: NDArray[np.int32]
    dst_codes: NDArray[np.int32]
    sources: Addresses
    destinations: Addresses
    source_status: NDArray[np.uint8]
    destination_status: NDArray[np.uint8]
    log_status: NDArray[np.uint8] | None
    action: NDArray[np.uint8] | None
    protocol: Integers | None
    src_port: Integers | None
    dst_port: Integers | None
    tcp_flags: Integers | None


def sift(columns: VpcColumns, sieve: Sieve) -> None:
    """Sort out the records that are no flows, or that nobody understands."""
    _sift_status(columns, sieve)
    n = len(columns.src_codes)
    protocol = np.full(n, NUMBER_MISSING, np.int8) if columns.protocol is None else columns.protocol
    _sift_number(sieve, protocol, 255, "protocol", is_needed=True)
    _sift_address(sieve, columns.src_codes, columns.source_status, "source")
    _sift_address(sieve, columns.dst_codes, columns.destination_status, "destination")
    if columns.src_port is not None:
        _sift_number(sieve, columns.src_port, 65535, "source port")
    dst_port = np.full(n, NUMBER_MISSING, np.int8) if columns.dst_port is None else columns.dst_port
    _sift_number(sieve, dst_port, 65535, "destination port")
    if n and dst_port.min() < 0:
        # Without the port a rule that names one can neither match nor fail to.
        sieve.reject(
            "destination port is missing", np.isin(protocol, _WITH_PORTS) & (dst_port == NUMBER_MISSING)
        )
    if columns.action is not None:
        sieve.reject("action is neither ACCEPT nor REJECT", columns.action == ACTION_BROKEN)
    if columns.tcp_flags is not None:
        _sift_number(sieve, columns.tcp_flags, 255, "tcp-flags")
        src_port = np.full(n, NUMBER_MISSING, np.int8) if columns.src_port is None else columns.src_port
        if n and src_port.min() < 0:
            # What a reply is judged by is the port it comes from.
            is_reply = (columns.tcp_flags >= 0) & (columns.tcp_flags & _SYN_ACK == _SYN_ACK)
            is_missing = src_port == NUMBER_MISSING
            sieve.reject("source port of a reply is missing", is_reply & is_missing & (protocol == _TCP))


def _sift_status(columns: VpcColumns, sieve: Sieve) -> None:
    status = columns.log_status
    if status is None:
        if columns.protocol is not None:
            sieve.skip("NODATA or SKIPDATA", _is_empty(columns))
        return
    sieve.reject("log-status is not OK, NODATA or SKIPDATA", status == STATUS_BROKEN)
    has_content = np.zeros(len(status), np.bool_)
    if columns.protocol is not None:
        has_content |= columns.protocol != NUMBER_MISSING
    if columns.action is not None:
        has_content |= columns.action != codes.OBSERVED_UNSEEN
    for code, word in ((STATUS_NODATA, "NODATA"), (STATUS_SKIPDATA, "SKIPDATA")):
        mask = status == code
        if code == STATUS_SKIPDATA:
            n_lost = int(sieve.living(mask).sum())
            if n_lost:
                sieve.account.lose("SKIPDATA", n_lost)
        sieve.reject(f"log-status is {word}, yet the record has a protocol or an action", mask & has_content)
        sieve.skip(word, mask)


def _is_empty(columns: VpcColumns) -> NDArray[np.bool_]:
    """Return which records have no flow in them: what NODATA and SKIPDATA leave in a log without their status."""
    empty: NDArray[np.bool_] = columns.source_status[columns.src_codes] == codes.ADDRESS_MISSING
    empty &= columns.destination_status[columns.dst_codes] == codes.ADDRESS_MISSING
    for numbers in (columns.protocol, columns.src_port, columns.dst_port, columns.tcp_flags):
        if numbers is not None:
            empty &= numbers == NUMBER_MISSING
    if columns.action is not None:
        empty &= columns.action == codes.OBSERVED_UNSEEN
    return empty


def _sift_number(sieve: Sieve, numbers: Integers, last: int, name: str, *, is_needed: bool = False) -> None:
    if not len(numbers) or (numbers.min() >= 0 and numbers.max() <= last):
        return
    if is_needed:
        sieve.reject(f"{name} is missing", numbers == NUMBER_MISSING)
    sieve.reject(f"{name} is no number from 0 to {last}", (numbers < NUMBER_MISSING) | (numbers > last))


def _sift_address(sieve: Sieve, places: NDArray[np.int32], status: NDArray[np.uint8], name: str) -> None:
    if not status.any():
        return
    of_rows = status[places]
    sieve.reject(f"{name} address is missing", of_rows == codes.ADDRESS_MISSING)
    sieve.reject(f"{name} address is no IP address", of_rows == codes.ADDRESS_BROKEN)


def to_batch(
    file: str, account: Account, columns: VpcColumns, sieve: Sieve, evidence: EvidenceSource
) -> FlowBatch:
    """Return the records that passed as a batch."""
    kept = sieve.kept()
    rows = compress(sieve.rows, kept)
    n = len(rows)
    protocol = _numbers(columns.protocol, kept, n).astype(np.uint8)
    if columns.tcp_flags is None:
        hint = np.zeros(n, np.uint8)
    else:
        flags = _numbers(columns.tcp_flags, kept, n)
        hint = np.where(protocol == _TCP, HINTS[flags], np.uint8(codes.HINT_NONE))
    observed = (
        np.full(n, codes.OBSERVED_UNSEEN, np.uint8)
        if columns.action is None
        else compress(columns.action, kept)
    )
    return FlowBatch(
        file=file,
        account=account,
        rows=rows,
        src_codes=compress(columns.src_codes, kept),
        dst_codes=compress(columns.dst_codes, kept),
        sources=columns.sources,
        destinations=columns.destinations,
        protocol=protocol,
        src_port=_numbers(columns.src_port, kept, n).astype(np.uint16),
        dst_port=_numbers(columns.dst_port, kept, n).astype(np.uint16),
        opener_hint=hint,
        observed=observed,
        weight=None,
        evidence=evidence,
    )


def _numbers(numbers: Integers | None, kept: NDArray[np.int64] | None, n: int) -> Integers:
    """Return the numbers of the kept rows, 0 where missing."""
    if numbers is None:
        return np.zeros(n, np.int16)
    chosen = compress(numbers, kept)
    return np.maximum(chosen, 0) if len(chosen) and chosen.min() < 0 else chosen
