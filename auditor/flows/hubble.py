"""Cilium Hubble logs: what the exporter writes and what ``hubble observe -o json`` prints, one record a line.

Whole-file JSON (an array, or objects over several lines, as ``jq`` prints them) is read too, see
``hubble_documents``. One broken record is rejected alone. Parsing is sequential Python: it holds the
interpreter, so worker threads do not make it faster.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from auditor.flows.addresses import parse_list
from auditor.flows.blocks import line_blocks
from auditor.flows.hubble_documents import document_blocks, is_documents
from auditor.flows.hubble_meaning import flow_row
from auditor.flows.hubble_records import RejectedRecordError, SkippedRecordError, read_record
from auditor.flows.schema import Account, Evidence, FlowBatch
from auditor.flows.sieve import Sieve, compress
from auditor.flows.times import rfc3339_times
from kernels import codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from auditor.flows.hubble_meaning import FlowRow
    from auditor.flows.options import FlowOptions
    from auditor.flows.schema import FlowPart
    from auditor.sources.files import InputFile

AGGREGATED = (
    "the exporter has aggregated flows: one line stands for several, and what lies outside its aggregation "
    "fields, perhaps the port, is that of the first one only"
)
"""What a user must know of a log with ``aggregate`` in its flows."""

_HEAD_BYTES = 1 << 16
_MARK_OF_AGGREGATE = b"_flow_count"


class HubbleLog:
    """A Hubble log (see ``schema.FlowLog``).

    Parameters
    ----------
    file : InputFile
        Plain or compressed.
    options : FlowOptions
        ``block_bytes`` and ``max_line_bytes`` count here.
    """

    format = "hubble-json"

    def __init__(self, file: InputFile, options: FlowOptions) -> None:
        self._file = file
        self._options = options
        self._warnings: tuple[str, ...] = ()
        self.share_read = 0.0

    @property
    def file(self) -> str:
        """The name that messages and reports use."""
        return self._file.name

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user must know about this log."""
        return self._warnings

    def parts(self) -> Iterator[FlowPart]:
        """Yield the parts in file order: a block of whole lines, or of whole documents."""
        limit = self._options.max_line_bytes
        as_documents = is_documents(self._file.head(_HEAD_BYTES))
        with self._file.open() as stream:
            if as_documents:
                for documents in document_blocks(stream, self._options):
                    self._warn(document for _, document in documents)
                    self.share_read = stream.share
                    yield partial(decode_records, self.file, documents, limit)
                return
            for block in line_blocks(stream, self._options):
                self._warn((block.text,))
                self.share_read = stream.share
                yield partial(_decode_lines, self.file, block.text, block.first_line, limit)

    def _warn(self, texts: Iterable[bytes]) -> None:
        if not self._warnings and any(_MARK_OF_AGGREGATE in text for text in texts):
            self._warnings = (AGGREGATED,)


def _decode_lines(file: str, text: bytes, first_line: int, limit: int) -> FlowBatch:
    """Decode a block of lines."""
    return decode_records(file, zip(count(first_line), text.split(b"\n")), limit)


@dataclass(frozen=True, slots=True)
class HubbleEvidence:
    """The time of each event, as the log has it; Hubble counts neither bytes nor packets."""

    times: list[Any]

    def __call__(self, flows: NDArray[np.int64]) -> Evidence:
        """Return the evidence of ``flows`` (int64 places in the batch, ascending)."""
        chosen = (self.times[place] for place in flows.tolist())
        texts = [time if isinstance(time, str) else None for time in chosen]
        time = rfc3339_times(pa.array(texts, pa.string()))
        unknown = pa.nulls(len(flows), pa.int64())
        return Evidence(time, time, unknown, unknown)


def decode_records(file: str, records: Iterable[tuple[int, bytes]], limit: int) -> FlowBatch:
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


def _batch(
    account: Account, numbers: NDArray[np.int64], texts: list[str], times: list[Any], file: str
) -> FlowBatch:
    """Turn rows of numbers, (F, 9), into columns, and reject those whose addresses are none."""
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
        evidence=HubbleEvidence(times if kept is None else [times[place] for place in kept.tolist()]),
    )
