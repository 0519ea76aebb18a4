"""JSON objects of a user's own shape to a batch, one by one: the rules are those of any generic flow table.

This is sequential Python over msgspec and holds the interpreter. The scanner of ``json_scan`` is faster and reads only
what is usual; the rest comes here.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Context, Decimal, DecimalException
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa

from auditor.flows.evidence import said
from auditor.flows.flow_object import EVENT_KEYS
from auditor.flows.generic_batch import flow_batch
from auditor.flows.generic_columns import dotted
from auditor.flows.generic_evidence import counters, times
from auditor.flows.generic_names import EVIDENCE, JUDGED, NAMES, REQUIRED
from auditor.flows.hubble_records import RejectedRecordError
from auditor.flows.merge import with_one_dictionary
from auditor.flows.schema import Account, Evidence
from auditor.flows.times import TIME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from auditor.flows.hubble_exact import Records
    from auditor.flows.json_fields import Path
    from auditor.flows.schema import FlowBatch

_TIMES = frozenset({"time_start", "time_end"})
_ADDRESSES = frozenset({"src_ip", "dst_ip"})
_NO_VALUE = "no value"
"""What stands for an object or an array: no reader takes it for anything."""

_SECONDS = Context(prec=64, rounding=ROUND_DOWN)
_LAST_SECOND = 9_223_372_036
_NS_PLACES = 9


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


_DECODER = msgspec.json.Decoder(float_hook=_Number)


def decode_objects(file: str, records: Records, limit: int, fields: Mapping[str, Path]) -> FlowBatch:
    """Decode objects one by one.

    Parameters
    ----------
    file : str
        As messages name it.
    records : iterable of (int, bytes)
        Line number (from 1) and text of each; blank ones are no records.
    limit : int
        Bytes of the longest record that is decoded.
    fields : mapping of str to tuple of str
        Where each of ``NAMES`` stands.

    Returns
    -------
    FlowBatch
        With one dictionary for both columns of addresses.
    """
    account = Account()
    rows: list[int] = []
    values: dict[str, list[str | None]] = {name: [] for name in JUDGED}
    evidence: dict[str, list[Any]] = {name: [] for name in EVIDENCE}
    for line, record in records:
        if not record or record.isspace():
            continue
        try:
            found = _decode(record, limit)
        except RejectedRecordError as rejected:
            account.n_rows += 1
            account.reject(rejected.reason, [line])
            continue
        rows.append(line)
        for name in NAMES:
            value = _at(found, fields[name])
            if name in _TIMES:
                evidence[name].append(value)
            else:
                (values if name in values else evidence)[name].append(_text(value, name))
    columns = {name: pa.array(column, pa.string()) for name, column in values.items()}
    kept = _Evidence(
        *(said(_moments(evidence[name])) for name in ("time_start", "time_end")),
        *(counters(pa.array(evidence[name], pa.string())) for name in ("bytes", "packets")),
    )
    return with_one_dictionary(flow_batch(file, columns, np.array(rows, np.int64), account, kept))


def _decode(record: bytes, limit: int) -> dict[str, Any]:
    if len(record) > limit:
        raise RejectedRecordError(f"record is longer than {limit} bytes")
    try:
        record.decode()
        found = _DECODER.decode(record)
    except UnicodeDecodeError:
        raise RejectedRecordError("not UTF-8") from None
    except RecursionError:
        raise RejectedRecordError("JSON nested too deep") from None
    except msgspec.DecodeError:
        raise RejectedRecordError("not JSON") from None
    if not isinstance(found, dict):
        raise RejectedRecordError("JSON that is no object")
    return found


def has_flow(record: bytes, fields: Mapping[str, Path], *, may_be_event: bool) -> bool:
    """Return whether a record is an object that has one of ``generic_names.REQUIRED``, where these stand.

    With ``may_be_event`` false, what has a key of Hubble's events has none.
    """
    try:
        found = _DECODER.decode(record)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    if not may_be_event and isinstance(found, dict) and not EVENT_KEYS.isdisjoint(found):
        return False
    return any(_at(found, fields[name]) is not None for name in REQUIRED)


def _at(found: object, path: Path) -> object:
    """Return the value at a path, None if there is none."""
    for key in path:
        if not isinstance(found, dict):
            return None
        found = found.get(key)
    return found


def _text(value: object, name: str) -> str | None:
    """Return a value as a table of text would have it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return dotted(value) if name in _ADDRESSES else str(value)
    return _NO_VALUE


def _moments(values: list[Any]) -> pa.TimestampArray:
    """Return times: RFC 3339 text, or numbers, which are seconds since 1970; null for anything else."""
    is_text = [isinstance(value, str) and not isinstance(value, _Number) for value in values]
    texts = [value if is_one else None for value, is_one in zip(values, is_text, strict=True)]
    found = times(pa.array(texts, pa.string()))
    if not any(isinstance(value, int | _Number) for value in values):
        return found
    numbers = [None if is_one else _nanoseconds(value) for value, is_one in zip(values, is_text, strict=True)]
    return pa.array(
        [
            one if one is not None else other
            for one, other in zip(found.cast(pa.int64()).to_pylist(), numbers, strict=True)
        ],
        pa.int64(),
    ).cast(TIME)


def _nanoseconds(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | _Number):
        return None
    try:
        seconds = Decimal(value)
    except DecimalException:
        return None
    # Before it is scaled: an exponent may be of any size.
    if not -_LAST_SECOND < seconds < _LAST_SECOND:
        return None
    return int(_SECONDS.scaleb(seconds, _NS_PLACES))


class _Evidence:
    """Evidence in memory (see ``generic_evidence.StoredEvidence``)."""

    def __init__(
        self,
        start: NDArray[np.int64],
        end: NDArray[np.int64],
        n_bytes: NDArray[np.int64],
        n_packets: NDArray[np.int64],
    ) -> None:
        self._columns = (start, end, n_bytes, n_packets)

    def of(self, kept: NDArray[np.int64] | None) -> _Evidence:
        """Return the same for the kept rows."""
        return self if kept is None else _Evidence(*(column[kept] for column in self._columns))

    def __call__(self, flows: NDArray[np.int64]) -> Evidence:
        """Return the evidence of ``flows`` (int64 places in the batch, ascending)."""
        return Evidence(*(column[flows] for column in self._columns))
