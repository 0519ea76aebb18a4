"""What carries records inside a message: gzip, base64, batches of CloudWatch Logs, and objects of log shippers.

What is found is collected as lines, each with the key of the line it stood in, to be read together by the scanners.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import msgspec

from auditor.flows.hubble_documents import document_blocks, is_documents
from auditor.flows.hubble_records import MAX_WRAPPERS, is_present
from auditor.flows.messages_inflate import GZIP_MARK, UnopenedError, decoded, inflated
from auditor.flows.messages_objects import (
    CARRIER,
    LAMBDA,
    LOG_BATCH,
    TEXT,
    Found,
    is_event,
    is_hubble,
    is_vpc,
    may_carry,
)
from auditor.flows.messages_text import Rejection
from auditor.flows.options import FlowOptions
from auditor.flows.schema import Account
from auditor.sources.raw import Raw
from auditor.sources.streams import ByteStream

if TYPE_CHECKING:
    from auditor.flows.messages_objects import Carrier
    from auditor.flows.messages_options import MessageOptions

HUBBLE, VPC = "hubble-json", "vpc-text"

_ARROW_MARKS = (b"ARROW1", b"\xff\xff\xff\xff")


class Carriers:
    """Takes records out of what carries them.

    Parameters
    ----------
    options : MessageOptions
        Limits, and the columns of VPC records.

    Attributes
    ----------
    hubble, vpc : list of Found
        Lines to be decoded, in order.
    documents : list of (int, bytes)
        Key and text of records over several lines, for the exact parser of Hubble.
    rejected : list of Rejection
        Rows that cannot be had.
    account : Account
        Rows that are counted here: those, and the skipped ones.
    n_bytes : int
        How much text was found.
    """

    def __init__(self, options: MessageOptions) -> None:
        self._options = options
        self._columns = options.columns
        self.clear()

    def clear(self) -> None:
        """Forget what was found."""
        self.hubble: list[Found] = []
        self.vpc: list[Found] = []
        self.documents: list[tuple[int, bytes]] = []
        self.rejected: list[Rejection] = []
        self.account = Account()
        self.n_bytes = 0

    def open(self, key: int, value: bytes, wanted: str | None, depth: int = 0) -> None:
        """Collect what stands in the value of a message.

        Parameters
        ----------
        key : int
            Where it stands, see ``messages_text.key_of``.
        value : bytes
            Gzip, base64 of gzip, or text.
        wanted : str or None
            The format that its records must have.
        depth : int
            How many carriers the value was taken out of.
        """
        try:
            if value.lstrip(b' \t\r\n"').startswith(b"H4sI"):
                value = decoded(value)
            if value.startswith(GZIP_MARK):
                value = inflated(value, self._options)
        except UnopenedError as error:
            self._reject(key, error.reason)
            return
        if value.startswith((*_ARROW_MARKS, GZIP_MARK)):
            self._reject(key, "gzip holds no text")
        elif not value.strip():
            self._skip("empty")
        else:
            self._records(key, value, depth, wanted)

    def odd(self, key: int, record: bytes, depth: int, wanted: str | None) -> bool:
        """See whether an object carries records, and collect them.

        Parameters
        ----------
        key : int
            Where it stands.
        record : bytes
            One line or document.
        depth : int
            How many carriers it was taken out of.
        wanted : str or None
            The format that its records must have.

        Returns
        -------
        bool
            False if it carries none that are known here: then it is the exact parser's.
        """
        if depth >= MAX_WRAPPERS or not may_carry(record):
            return False
        try:
            carrier = CARRIER.decode(record)
        except msgspec.ValidationError:
            return False
        except (msgspec.DecodeError, RecursionError):
            return b'"logEvents"' in record and self._chained(key, record, depth, wanted)
        return not is_event(carrier) and self._carried(key, record, carrier, depth, wanted)

    def _carried(self, key: int, record: bytes, carrier: Carrier, depth: int, wanted: str | None) -> bool:
        """Collect what an object carries that is no event itself."""
        if is_present(carrier.log_events):
            self._log_batch(key, record, depth, wanted)
            return True
        if is_present(carrier.awslogs):
            return self._called(key, carrier.awslogs, depth, wanted)
        if len(record) > self._options.max_line_bytes:
            return False
        return self._quoted(key, record, carrier, depth, wanted)

    def _quoted(self, key: int, record: bytes, carrier: Carrier, depth: int, wanted: str | None) -> bool:
        """Take a record out of the text that a shipper put it in."""
        texts = [
            TEXT.decode(value).strip()
            for value in (carrier.log, carrier.message, carrier.msg)
            if bytes(value).startswith(b'"')
        ]
        if wanted != VPC:
            event = next((text for text in texts if text.startswith("{")), None)
            if event is not None:
                if "\n" in event:
                    return False
                self._add(self.hubble, Found(key, event.encode(), record, depth + 1, wanted))
                return True
        if wanted == HUBBLE or (wanted is None and is_present(carrier.level)):
            return False
        line = next((text.encode() for text in texts if wanted == VPC or is_vpc(text, self._columns)), None)
        if line is None:
            return False
        self._add(self.vpc, Found(key, line, record, depth + 1, wanted))
        return True

    def _called(self, key: int, awslogs: msgspec.Raw, depth: int, wanted: str | None) -> bool:
        """Open what a function was called with."""
        try:
            called = LAMBDA.decode(awslogs)
        except msgspec.ValidationError:
            return False
        if called.data is None:
            return False
        self.open(key, called.data.encode(), wanted, depth + 1)
        return True

    def _log_batch(self, key: int, record: bytes, depth: int, wanted: str | None) -> None:
        """Collect the lines of a batch of CloudWatch Logs."""
        try:
            batch = LOG_BATCH.decode(record)
        except msgspec.ValidationError:
            self._reject(key, "CloudWatch Logs batch has a field of the wrong type")
            return
        if batch.message_type == "CONTROL_MESSAGE":
            self._skip("control-message")
            return
        if not batch.log_events:
            self._skip("empty")
        for event in batch.log_events or ():
            if event.message is None:
                self._reject(key, "CloudWatch Logs event without a message")
            elif not event.message.strip():
                self._skip("empty")
            else:
                self._records(key, event.message.encode(), depth + 1, wanted)

    def _chained(self, key: int, record: bytes, depth: int, wanted: str | None) -> bool:
        """Read objects that follow one another on one line, as Firehose puts them together."""
        objects = self._cut(record)
        if len(objects) < 2:  # noqa: PLR2004 - one is what it was before
            return False
        for each in objects:
            if not self.odd(key, each, depth, wanted):
                self.documents.append((key, each))
        return True

    def _records(self, key: int, text: bytes, depth: int, wanted: str | None) -> None:
        """Collect the records of a text, which is not blank."""
        is_json = text.lstrip().startswith((b"{", b"["))
        if is_json and is_documents(text):
            documents = self._cut(text)
            if not documents:
                self._skip("empty")
            for document in documents:
                self._json(key, document, depth, wanted)
        elif wanted == VPC and is_json:
            for line in text.split(b"\n"):
                if line.strip():
                    self._json(key, line, depth, wanted)
        elif wanted == VPC or (wanted is None and not is_hubble(text)):
            self._add(self.vpc, Found(key, text, text, depth, wanted))
        else:
            for line in text.split(b"\n"):
                if line.strip():
                    self._add(self.hubble, Found(key, line, line, depth, wanted))

    def _json(self, key: int, record: bytes, depth: int, wanted: str | None) -> None:
        """Collect what an object carries, or the object."""
        if self.odd(key, record, depth, wanted):
            return
        if wanted == VPC:
            self._reject(key, "JSON without a VPC record in it")
        else:
            self.documents.append((key, record))

    def _cut(self, text: bytes) -> list[bytes]:
        """Return the objects of a text one by one."""
        limit = max(len(text), self._options.max_line_bytes)
        options = FlowOptions(block_bytes=len(text) + 1, max_line_bytes=limit)
        return [
            each
            for block in document_blocks(ByteStream("", Raw(BytesIO(text))), options)
            for _, each in block
        ]

    def _add(self, found: list[Found], line: Found) -> None:
        found.append(line)
        self.n_bytes += len(line.text)

    def _reject(self, key: int, reason: str) -> None:
        self.account.n_rows += 1
        self.account.reject(reason, [key])
        self.rejected.append(Rejection(key, reason))

    def _skip(self, reason: str) -> None:
        self.account.n_rows += 1
        self.account.skip(reason)
