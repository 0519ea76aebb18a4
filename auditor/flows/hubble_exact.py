"""Hubble records to a batch, one by one: what each means by ``hubble_meaning``, or why it is no flow.

This is sequential Python over msgspec and holds the interpreter. The scanner of ``hubble_scan`` is faster and reads
only what is usual; the rest comes here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from auditor.flows.addresses import parse_list
from auditor.flows.evidence import TimeEvidence, said
from auditor.flows.hubble_meaning import flow_row
from auditor.flows.hubble_records import RejectedRecordError, SkippedRecordError, read_record
from auditor.flows.merge import empty_batch
from auditor.flows.schema import Account, FlowBatch
from auditor.flows.sieve import Sieve, compress
from auditor.flows.times import rfc3339_times
from kernels import codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.flows.hubble_meaning import FlowRow

Records = Iterable[tuple[int, bytes]]
"""Line number (from 1) and text of each record."""


def decode_records(file: str, records: Records, limit: int) -> FlowBatch:
    """Decode records one by one.

    Parameters
    ----------
    file : str
        As messages name it.
    records : iterable of (int, bytes)
        Line number (from 1) and text of each; blank ones are no records.
    limit : int
        Bytes of the longest record that is decoded.

    Returns
    -------
    FlowBatch
    """
    account = Account()
    places: dict[str, int] = {}
    numbers: list[tuple[int, ...]] = []
    times: list[Any] = []
    for line, record in records:
        if not record or record.isspace():
            continue
        account.n_rows += 1
        try:
            row = _decode(record, limit)
        except SkippedRecordError as skipped:
            account.skip(skipped.reason)
            for cause, lost in skipped.losses:
                account.lose(cause, lost)
            continue
        except RejectedRecordError as rejected:
            account.reject(rejected.reason, [line])
            continue
        source = places.setdefault(row.source, len(places))
        destination = places.setdefault(row.destination, len(places))
        numbers.append((line, source, destination, *row[2:8]))
        times.append(row.time)
    return _batch(account, np.array(numbers, np.int64).reshape(-1, 9), list(places), times, file)


def _decode(record: bytes, limit: int) -> FlowRow:
    if len(record) > limit:
        raise RejectedRecordError(f"record is longer than {limit} bytes")
    if not record.isascii():
        try:
            record.decode()
        except UnicodeDecodeError:
            raise RejectedRecordError("not UTF-8") from None
    return flow_row(read_record(record))


def _nanoseconds(times: list[Any]) -> NDArray[np.int64]:
    """Return nanoseconds since 1970, ``NOT_SAID`` for what is no text of a time."""
    texts = [time if isinstance(time, str) else None for time in times]
    found = rfc3339_times(pa.array(texts, pa.string()))
    return said(found)


def _batch(
    account: Account, numbers: NDArray[np.int64], texts: list[str], times: list[Any], file: str
) -> FlowBatch:
    """Turn rows of numbers, (F, 9), into columns, and reject those whose addresses are none."""
    if not texts:
        # Lines that report losses come by ones and twos between those of a scanner: they should cost next to nothing.
        return empty_batch(file, account)
    addresses, status = parse_list(texts)
    rows, source, destination, protocol, src_port, dst_port, hint, observed, weight = numbers.T.copy()
    sieve = Sieve(account, rows)
    if status.any():
        for side, of_rows in (("source", status[source]), ("destination", status[destination])):
            sieve.reject(f"no {side} address (field mask?)", of_rows == codes.ADDRESS_MISSING)
            sieve.reject(f"{side} address is no IP address", of_rows == codes.ADDRESS_BROKEN)
    kept = sieve.kept()
    return FlowBatch(
        file=file,
        account=account,
        rows=compress(rows, kept),
        src_codes=compress(source, kept).astype(np.int32),
        dst_codes=compress(destination, kept).astype(np.int32),
        sources=addresses,
        destinations=addresses,
        protocol=compress(protocol, kept).astype(np.uint8),
        src_port=compress(src_port, kept).astype(np.uint16),
        dst_port=compress(dst_port, kept).astype(np.uint16),
        opener_hint=compress(hint, kept).astype(np.uint8),
        observed=compress(observed, kept).astype(np.uint8),
        weight=None if (weight == 1).all() else compress(weight, kept),
        evidence=TimeEvidence(compress(_nanoseconds(times), kept)),
    )
