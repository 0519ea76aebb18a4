"""The messages of one piece, read each in its way."""

from __future__ import annotations

from contextlib import suppress
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING

import numpy as np

from auditor.flows.json_pieces import OtherLinesError
from auditor.flows.merge import empty_batch
from auditor.flows.messages_arrow import ArrowMessages
from auditor.flows.messages_carriers import JSON as JSON_FORMAT
from auditor.flows.messages_carriers import Carriers
from auditor.flows.messages_hubble import decode_documents, decode_hubble
from auditor.flows.messages_json import JsonMessages
from auditor.flows.messages_objects import Found
from auditor.flows.messages_routes import ARROW, HUBBLE, JSON, OPEN, VPC
from auditor.flows.messages_text import LINE_BITS, Part, ValueLines, gathered, gathered_texts, key_of
from auditor.flows.messages_vpc import decode_vpc
from kernels.memory import PADDING

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from auditor.flows.messages_lines import Odd
    from auditor.flows.messages_options import MessageOptions
    from auditor.flows.messages_routes import Looked
    from auditor.flows.messages_text import Lines

    Decode = Callable[[Lines | ValueLines, Odd], list[Part]]


def decode_parts(
    file: str, values: NDArray[np.uint8], facts: Looked, span: tuple[int, int], options: MessageOptions
) -> list[Part]:
    """Decode some messages.

    Parameters
    ----------
    file : str
        As messages name it.
    values : ndarray of uint8
        Holds their values.
    facts : Looked
        What is known of all messages.
    span : (int, int)
        The first message, and the first behind the last one.
    options : MessageOptions
        How they are read.

    Returns
    -------
    list of Part
        What is skipped at sight, or of an unknown format, is not counted.
    """
    return _Reader(file, values, facts, options).parts(span)


class _Reader:
    """Reads messages in every way there is."""

    def __init__(self, file: str, values: NDArray[np.uint8], facts: Looked, options: MessageOptions) -> None:
        self._file = file
        self._values = values
        self._facts = facts
        self._options = options
        self._carriers = Carriers(options)
        self._json = JsonMessages(file, options)

    def parts(self, span: tuple[int, int]) -> list[Part]:
        """Return what the messages of a span say."""
        routes = self._facts.routes[slice(*span)]
        hubble, json, vpc, opened, arrow = (
            np.flatnonzero(routes == route) + span[0] for route in (HUBBLE, JSON, VPC, OPEN, ARROW)
        )
        parts: list[Part] = []
        if len(hubble):
            parts += self._objects(hubble, self._decode_hubble, can_scan=not self._options.exact)
        if len(json):
            parts += self._objects(json, self._json.decode, can_scan=self._json.can_scan)
        if len(vpc):
            lines = gathered(self._values, self._facts.spans[vpc], key_of(vpc))
            parts += self._vpc(lines)
        for place in opened.tolist():
            self._carriers.open(place << LINE_BITS, self._value(place), self._facts.wanted_of(place))
            if self._carriers.n_bytes > self._options.block_bytes:
                parts += self._carried()
        parts += self._carried()
        if len(arrow):
            messages = ArrowMessages(self._file, self._options.max_group_bytes)
            for place in arrow.tolist():
                messages.add(place, self._value(place))
            messages.finish()
            parts += messages.parts
        return parts

    def _value(self, place: int) -> bytes:
        start, end = self._facts.spans[place].tolist()
        return self._values[start:end].tobytes()

    def _objects(self, places: NDArray[np.int64], decode: Decode, *, can_scan: bool) -> list[Part]:
        """Decode values that are lines of JSON, or may carry some."""
        spans, keys = self._facts.spans[places], key_of(places)
        facts, carriers = self._facts, self._carriers

        def odd(_: int, key: int, record: bytes) -> bytes | None:
            found = Found(key, record, record, 0, facts.wanted_of(key >> LINE_BITS))
            return None if carriers.odd(found) else record

        if can_scan and spans[-1, 1] + PADDING <= len(self._values):
            # One line a message is what exporters send.
            with suppress(OtherLinesError):
                return decode(ValueLines(self._values, spans, keys), odd)
        return decode(gathered(self._values, spans, keys), odd)

    def _decode_hubble(self, lines: Lines | ValueLines, odd: Odd) -> list[Part]:
        options = self._options
        return decode_hubble(self._file, lines, options.max_line_bytes, odd, is_exact=options.exact)

    def _vpc(self, lines: Lines) -> list[Part]:
        options = self._options
        return decode_vpc(self._file, lines, options.columns, options.max_line_bytes, is_exact=options.exact)

    def _carried(self) -> list[Part]:
        """Decode what the carriers collected, and what that carries."""
        carriers = self._carriers
        parts: list[Part] = []
        while carriers.has_found:
            # Found in several passes, each in order.
            hubble = sorted(carriers.hubble, key=attrgetter("key"))
            vpc = sorted(carriers.vpc, key=attrgetter("key"))
            documents = sorted(carriers.documents, key=itemgetter(0))
            json = sorted(carriers.json, key=attrgetter("key"))
            json_documents = sorted(carriers.json_documents, key=itemgetter(0))
            parts.append(Part(empty_batch(self._file, carriers.account), carriers.rejected))
            carriers.clear()
            if documents:
                parts.append(decode_documents(self._file, documents, self._options.max_line_bytes))
            if vpc:
                parts += self._vpc(gathered_texts([each.text for each in vpc], [each.key for each in vpc]))
            if hubble:
                parts += self._found(hubble, self._decode_hubble)
            if json_documents:
                parts.append(self._json.documents(json_documents))
            if json:
                parts += self._found(json, self._json.decode)
        return parts

    def _found(self, found: list[Found], decode: Decode) -> list[Part]:
        """Decode lines that were carried: what is odd in one may carry something again."""
        lines = gathered_texts([each.text for each in found], [each.key for each in found])
        carriers = self._carriers

        def odd(line: int, _: int, text: bytes) -> bytes | None:
            one = found[line - 1]
            if decode != self._json.decode:
                return None if carriers.odd(one) else one.original
            # What is known to be a flow is looked at no further.
            return None if one.wanted == JSON_FORMAT and carriers.odd(one) else text

        return decode(lines, odd)
