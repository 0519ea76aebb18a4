"""Lines of VPC text of one set of columns to a batch, each with its reason if it is no flow: the exact decoder.

It reads every line there is, a stage at a time. The scanner of ``vpc_lines`` is faster and reads only what is usual;
the rest comes here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from auditor.flows.evidence import LAST_SECOND, KeptEvidence
from auditor.flows.schema import Account
from auditor.flows.sieve import Sieve, compress
from auditor.flows.spans import intern, intern_addresses
from auditor.flows.vpc_columns import KEPT_FIELDS, Columns
from auditor.flows.vpc_records import VpcColumns, action_code, sift, status_code, to_batch
from kernels.memory import PADDING
from kernels.text import (
    FLAG_COMMENT,
    FLAG_NOT_ASCII,
    FLAG_NUL,
    NUMBER_BROKEN,
    prefer_spans,
    read_numbers,
    split_lines,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from auditor.flows.schema import Addresses, FlowBatch

DEFAULT_VERSION = 2


@dataclass(frozen=True, slots=True)
class ExactLines:
    """Lines of one set of columns.

    Attributes
    ----------
    file : str
        The name that messages and reports use.
    text : bytes
        Whole lines.
    numbers : ndarray of int64, shape (L,)
        Number of each line in the file, from 1.
    columns : Columns
        Those of every record among them.
    headers : tuple of int
        Numbers of the lines that name the columns.
    max_line_bytes : int
        A longer line is rejected.
    """

    file: str
    text: bytes
    numbers: NDArray[np.int64]
    columns: Columns
    headers: tuple[int, ...]
    max_line_bytes: int

    def __call__(self) -> FlowBatch:
        """Decode them."""
        fields = _Fields(self)
        account = Account(n_rows=fields.n)
        sieve = Sieve(account, self.numbers[fields.lines[0]])
        self._sift_lines(fields, sieve)
        evidence = [fields.numbers(name) for name in ("start", "end", "bytes", "packets")]
        codes, addresses, status = fields.addresses()
        columns = VpcColumns(
            src_codes=codes[0],
            dst_codes=codes[1],
            sources=addresses,
            destinations=addresses,
            source_status=status,
            destination_status=status,
            log_status=fields.words("log-status", status_code),
            action=fields.words("action", action_code),
            protocol=fields.numbers("protocol"),
            src_port=fields.numbers("srcport"),
            dst_port=fields.numbers("dstport"),
            tcp_flags=fields.numbers("tcp-flags"),
        )
        sift(columns, sieve)
        _sift_evidence(evidence, sieve)
        kept = sieve.kept()
        kept_evidence = KeptEvidence(
            *(None if column is None else compress(column, kept) for column in evidence)
        )
        return to_batch(self.file, account, columns, sieve, kept_evidence)

    def _sift_lines(self, fields: _Fields, sieve: Sieve) -> None:
        """Sort out lines that are no records of these columns."""
        _, counts, flags = fields.lines
        if self.headers:
            sieve.skip("header", np.isin(sieve.rows, self.headers))
        spans = fields.spans[-1]
        sieve.reject("line is too long", spans[:, 1] - spans[:, 0] > self.max_line_bytes)
        sieve.skip("comment", (flags & FLAG_COMMENT) != 0)
        sieve.reject("line holds a NUL byte", (flags & FLAG_NUL) != 0)
        foreign = sieve.living((flags & FLAG_NOT_ASCII) != 0)
        if foreign.any():
            foreign[foreign] = [not _is_utf8(self.text[start:end]) for start, end in spans[foreign].tolist()]
            sieve.reject("line is no UTF-8", foreign)
        if self.columns.n_found:
            # The same for all such rows wherever the file is cut: it is the first record of the file that counts.
            sieve.reject(
                f"row has {self.columns.n_found} fields, --vpc-format names {len(self.columns.names)}",
                counts == self.columns.n_found,
            )
        if not self.columns.is_assumed:
            sieve.reject(
                "number of fields is not that of the header or --vpc-format",
                counts != len(self.columns.names),
            )
            return
        sieve.reject(
            "number of fields is not 14 as in the default format; name them with --vpc-format",
            counts != len(self.columns.names),
        )
        version = fields.numbers("version")
        if version is not None:
            # Fields beyond version 2 raise the version: such a record has 14 fields, but not the default
            # ones.
            sieve.reject(
                "version is not 2 as in the default format; name the fields with --vpc-format",
                version != DEFAULT_VERSION,
            )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _sift_evidence(evidence: list[NDArray[np.int64] | None], sieve: Sieve) -> None:
    """Reject records whose times or counters cannot be read: their fields may not be the ones they seem."""
    for column, name in zip(evidence, ("start", "end", "bytes", "packets"), strict=True):
        if column is None:
            continue
        if name in {"start", "end"}:
            wrong = (column == NUMBER_BROKEN) | (column > LAST_SECOND)
            sieve.reject(f"{name} is no time in seconds since 1970", wrong)
        else:
            sieve.reject(f"{name} is no number", column == NUMBER_BROKEN)


class _Fields:
    """The fields of a part that are kept, as places in its text."""

    def __init__(self, part: ExactLines) -> None:
        names = part.columns.names
        kept = [name for name in KEPT_FIELDS if name in names]
        slots = np.full(len(names), -1, np.int8)
        for slot, name in enumerate(kept):
            slots[names.index(name)] = slot
        self._slot_of = {name: slot for slot, name in enumerate(kept)}
        self._text = np.frombuffer(part.text + bytes(PADDING), np.uint8)
        n_lines = len(part.numbers)
        lines = np.empty((3, n_lines), np.int32)
        spans = np.empty((len(kept) + 1, n_lines, 2), np.int32)
        text = self._text[: len(part.text)]
        self.n = split_lines(text, slots, part.max_line_bytes, lines, spans)
        self.lines = lines[:, : self.n]
        self.spans = spans[:, : self.n]

    def _spans(self, name: str) -> NDArray[np.int32] | None:
        slot = self._slot_of.get(name)
        return None if slot is None else self.spans[slot]

    def numbers(self, name: str) -> NDArray[np.int64] | None:
        """Return a column of numbers, None if the log does not have it."""
        spans = self._spans(name)
        if spans is None:
            return None
        values = np.empty(self.n, np.int64)
        read_numbers(self._text, spans, values)
        return values

    def words(self, name: str, code_of: Callable[[str | None], int]) -> NDArray[np.uint8] | None:
        """Return a column of few distinct words as codes, None if the log does not have it."""
        spans = self._spans(name)
        if spans is None:
            return None
        codes, words = intern(self._text, spans)
        lookup = np.array([code_of(word.decode("utf-8", "replace")) for word in words.to_pylist()], np.uint8)
        return lookup[codes]

    def addresses(self) -> tuple[NDArray[np.int32], Addresses, NDArray[np.uint8]]:
        """Return codes of shape (2, F), source then destination, their addresses and the status of each."""
        both = np.zeros((2, self.n, 2), np.int32)
        for side, chosen in zip(("srcaddr", "dstaddr"), both, strict=True):
            packet, interface = self._spans(f"pkt-{side}"), self._spans(side)
            if packet is not None and interface is not None:
                prefer_spans(self._text, packet, interface, chosen)
            elif packet is not None:
                chosen[:] = packet
            elif interface is not None:
                chosen[:] = interface
        return intern_addresses(self._text, both.transpose(1, 0, 2))
