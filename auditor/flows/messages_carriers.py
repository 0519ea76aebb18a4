"""What carries records inside a message: gzip, base64, batches of CloudWatch Logs, and objects of log shippers.

What is found is collected as lines, each with the key of the line it stood in, to be read together by the scanners.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import msgspec

from auditor.flows.hubble_documents import document_blocks, is_documents
from auditor.flows.hubble_records import MAX_WRAPPERS, is_present
from auditor.flows.json_exact import has_flow
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

HUBBLE, VPC, JSON = "hubble-json", "vpc-text", "generic-json"

_LONGEST_MARK = 8
_ARROW_MARKS = (b"ARROW1", b"\xff\xff\xff\xff")


class Carriers:
    """Takes records out of what carries them.

    Parameters
    ----------
    options : MessageOptions
        Limits, and the columns of VPC records.

    Attributes
    ----------
    hubble, vpc, json : list of Found
        Lines to be decoded, in order.
    documents, json_documents : list of (int, bytes)
        Key and text of records over several lines, for the exact parsers of Hubble and of generic JSON.
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
        self.json: list[Found] = []
        self.documents: list[tuple[int, bytes]] = []
        self.json_documents: list[tuple[int, bytes]] = []
        self.rejected: list[Rejection] = []
        self.account = Account()
        self.n_bytes = 0

    @property
    def has_found(self) -> bool:
        """Whether anything was collected or counted."""
        found = (self.account.n_rows, self.hubble, self.vpc, self.json, self.documents, self.json_documents)
        return any(found)

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
            self._reject(key, "binary message where text is expected")
        elif not value.strip():
            self._skip("empty")
        else:
            self._records(key, value, depth, wanted)

    def odd(self, line: Found) -> bool:
        """See whether an object carries records, and collect them.

        Parameters
        ----------
        line : Found
            One line or document.

        Returns
        -------
        bool
            False if it carries none that are known here: then it is the exact parser's.
        """
        if self._is_flow(line):
            if line.wanted != JSON:
                self._add_json(line)
            return line.wanted != JSON
        if line.depth >= MAX_WRAPPERS or not may_carry(line.text):
            return False
        try:
            carrier = CARRIER.decode(line.text)
        except msgspec.ValidationError:
            return False
        except (msgspec.DecodeError, RecursionError):
            return b'"logEvents"' in line.text and self._chained(line)
        return not is_event(carrier) and self._carried(line, carrier)

    def _is_flow(self, line: Found) -> bool:
        """Return whether a line is a flow of generic JSON, and no event of Hubble unless the format is known."""
        is_named = line.wanted == JSON
        may_be = is_named or (
            line.wanted is None and (self._options.json_fields is not None or b'_ip"' in line.text)
        )
        return may_be and has_flow(line.text, self._options.fields, may_be_event=is_named)

    def _add_json(self, line: Found) -> None:
        """Collect a flow of generic JSON."""
        if b"\n" in line.text:
            self.json_documents.append((line.key, line.text))
        else:
            self._add(self.json, line)

    def _carried(self, line: Found, carrier: Carrier) -> bool:
        """Collect what an object carries that is no event itself."""
        if is_present(carrier.log_events):
            self._log_batch(line)
            return True
        if is_present(carrier.awslogs):
            return self._called(line, carrier.awslogs)
        return len(line.text) <= self._options.max_line_bytes and self._quoted(line, carrier)

    def _quoted(self, line: Found, carrier: Carrier) -> bool:
        """Take a record out of the text that a shipper put it in."""
        texts = [
            TEXT.decode(value).strip()
            for value in (carrier.log, carrier.message, carrier.msg)
            if bytes(value).startswith(b'"')
        ]
        if line.wanted != VPC:
            event = next((text for text in texts if text.startswith("{")), None)
            if event is not None:
                if "\n" in event:
                    return False
                found = Found(line.key, event.encode(), line.original, line.depth + 1, line.wanted)
                self._add(self.json if line.wanted == JSON else self.hubble, found)
                return True
        if line.wanted in {HUBBLE, JSON} or (line.wanted is None and is_present(carrier.level)):
            return False
        record = next((text for text in texts if line.wanted == VPC or is_vpc(text, self._columns)), None)
        if record is None:
            return False
        self._add(self.vpc, Found(line.key, record.encode(), line.original, line.depth + 1, line.wanted))
        return True

    def _called(self, line: Found, awslogs: msgspec.Raw) -> bool:
        """Open what a function was called with."""
        try:
            called = LAMBDA.decode(awslogs)
        except msgspec.ValidationError:
            return False
        if called.data is None:
            return False
        self.open(line.key, called.data.encode(), line.wanted, line.depth + 1)
        return True

    def _log_batch(self, line: Found) -> None:
        """Collect the lines of a batch of CloudWatch Logs."""
        try:
            batch = LOG_BATCH.decode(line.text)
        except msgspec.ValidationError:
            self._reject(line.key, "CloudWatch Logs batch has a field of the wrong type")
            return
        if batch.message_type == "CONTROL_MESSAGE":
            self._skip("control-message")
            return
        if not batch.log_events:
            self._skip("empty")
        records: list[str] = []
        for event in batch.log_events or ():
            if event.message is None:
                self._reject(line.key, "CloudWatch Logs event without a message")
                continue
            text = event.message.lstrip()
            if not text:
                self._skip("empty")
            elif line.wanted in {HUBBLE, JSON} or is_hubble(text):
                self._records(line.key, text.encode(), line.depth + 1, line.wanted)
            else:
                records.append(text)
        if records:
            # Together: of a hundred in a batch each would cost more than what reads it.
            text = "\n".join(records)
            self._add(self.vpc, Found(line.key, text.encode(), line.original, line.depth + 1, line.wanted))

    def _chained(self, line: Found) -> bool:
        """Read objects that follow one another on one line, as Firehose puts them together."""
        objects = self._cut(line.text)
        if len(objects) < 2:  # noqa: PLR2004 - one is what it was before
            return False
        for each in objects:
            self._json(line._replace(text=each, original=each))
        return True

    def _records(self, key: int, text: bytes, depth: int, wanted: str | None) -> None:
        """Collect the records of a text, which is not blank."""
        is_json = text.lstrip().startswith((b"{", b"["))
        if is_json and is_documents(text):
            documents = self._cut(text)
            if not documents:
                self._skip("empty")
            for document in documents:
                self._json(Found(key, document, document, depth, wanted))
        elif (wanted == VPC and not is_json) or (wanted is None and not is_hubble(_start_of(text))):
            self._add(self.vpc, Found(key, text, text, depth, wanted))
        else:
            for line in text.split(b"\n"):
                if not line.strip():
                    continue
                found = Found(key, line, line, depth, wanted)
                if wanted == VPC:
                    self._json(found)
                elif wanted == JSON:
                    self._add_json(found)
                else:
                    self._add(self.hubble, found)

    def _json(self, line: Found) -> None:
        """Collect what an object carries, or the object."""
        if self.odd(line):
            return
        if line.wanted == VPC:
            self._reject(line.key, "JSON without a VPC record in it")
        elif line.wanted == JSON:
            self.json_documents.append((line.key, line.text))
        else:
            self.documents.append((line.key, line.original))

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


def _start_of(text: bytes) -> str:
    """Return the first letters of a text."""
    return text.lstrip()[:_LONGEST_MARK].decode("utf-8", "replace")
