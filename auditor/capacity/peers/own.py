"""Our own part in a contest: a log decoded as an audit does, on one thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.flows.schema import FlowBatch, FlowPart


def batches(path: str, *, is_exact: bool = False) -> Iterator[FlowBatch]:
    """Yield the batches of a log, from the scanner or from the library reader behind it.

    A part is let go before the next one is read, as in an audit: its memory is used again.
    """
    from auditor.flows.options import FlowOptions  # noqa: PLC0415 - this program only, not its peers
    from auditor.flows.sniff import open_flow_log  # noqa: PLC0415 - the same
    from auditor.sources.files import find_files  # noqa: PLC0415 - the same

    (file,) = find_files([path])
    yield from map(_decoded, open_flow_log(file, FlowOptions(exact=is_exact)).parts())


def _decoded(part: FlowPart) -> FlowBatch:
    return part()
