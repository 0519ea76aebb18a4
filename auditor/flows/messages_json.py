"""Lines of messages that are flows of generic JSON."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from auditor.flows.generic_names import NO_OBSERVED_MESSAGES
from auditor.flows.json_exact import decode_objects
from auditor.flows.json_scan import scan_objects
from auditor.flows.messages_lines import decode_lines
from auditor.flows.messages_text import Part, all_rejected, placed
from kernels.codes import OBSERVED_UNSEEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.flows.hubble_exact import Records
    from auditor.flows.messages_lines import Odd
    from auditor.flows.messages_options import MessageOptions
    from auditor.flows.messages_text import Lines, ValueLines
    from auditor.flows.schema import FlowBatch


class JsonMessages:
    """Reads messages of generic JSON.

    Parameters
    ----------
    file : str
        As messages name it.
    options : MessageOptions
        Limits, and where values stand.
    """

    def __init__(self, file: str, options: MessageOptions) -> None:
        self._file = file
        self._limit = options.max_line_bytes
        self._fields = options.fields
        program = options.field_program
        self._scan = (
            None if program is None else partial(scan_objects, file, limit=self._limit, wanted=program)
        )

    @property
    def can_scan(self) -> bool:
        """Whether there is a program."""
        return self._scan is not None

    def decode(self, lines: Lines | ValueLines, odd: Odd) -> list[Part]:
        """Decode lines.

        Parameters
        ----------
        lines : Lines or ValueLines
            Of messages; the latter only where there is a program.
        odd : callable
            See ``messages_lines.decode_lines``.

        Raises
        ------
        OtherLinesError
            If ``ValueLines`` are not what they should be; nothing was given to ``odd`` then.
        """
        return [
            placed(lines, batch, rejected, _warnings(batch))
            for batch, rejected in decode_lines(lines, self._scan, self._exact, odd)
        ]

    def documents(self, records: Sequence[tuple[int, bytes]]) -> Part:
        """Decode records that may be written over several lines, given with their keys in order."""
        batch = self._exact(records)
        rejected = all_rejected(batch.account, records, lambda some: self._exact(some).account)
        return Part(batch, rejected, _warnings(batch))

    def _exact(self, records: Records) -> FlowBatch:
        return decode_objects(self._file, records, self._limit, self._fields)


def _warnings(batch: FlowBatch) -> tuple[str, ...]:
    return (NO_OBSERVED_MESSAGES,) if (batch.observed == OBSERVED_UNSEEN).any() else ()
