"""Which format a flow log has, by its first bytes, and the decoder for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from auditor.errors import ConfigError, Position, SourceError
from auditor.flows.flow_object import is_flow_object
from auditor.flows.generic_names import REQUIRED
from auditor.flows.options import FlowOptions
from auditor.flows.unrecognised import refusal
from auditor.flows.vpc_columns import DEFAULT_FIELDS, canonical, read_header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.flows.schema import FlowLog, FlowPart
    from auditor.sources.files import InputFile

__all__ = ["FORMATS", "FlowOptions", "open_flow_log", "recognise"]

FORMATS = (
    "vpc-text",
    "vpc-parquet",
    "hubble-json",
    "generic-parquet",
    "generic-arrow",
    "generic-csv",
    "generic-json",
)
"""Every format that is read, as ``--format`` names it."""

EMPTY = "empty"
"""What a log without anything in it is called."""

_HEAD_BYTES = 1 << 16
_HEAD_LINES = 200
_ARROW_MARKS = (b"ARROW1", b"FEA1", b"\xff\xff\xff\xff")  # file, old Feather, continuation of a stream
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Keys of an exported event, of the events beside it, and of a bare flow; escaped inside a logfmt message.
_HUBBLE_KEY = re.compile(
    rb'\\?"(?:flow|node_status|lost_events|agent_event|debug_event|IP|l4|is_reply|traffic_direction)\\?"\s*:'
)


def open_flow_log(file: InputFile, options: FlowOptions) -> FlowLog:
    """Open a flow log with the decoder of its format.

    Parameters
    ----------
    file : InputFile
        Plain or compressed.
    options : FlowOptions
        ``format`` names the format; None recognises it.

    Returns
    -------
    FlowLog

    Raises
    ------
    ConfigError
        ``format``, ``vpc_format`` or ``json_fields`` has no meaning.
    SourceError
        The format is not recognised, or the file cannot be read.
    """
    chosen = options.format
    if chosen is not None and chosen not in FORMATS:
        raise ConfigError(f"--format expects one of {_listed()}, got `{chosen}`")
    found = recognise(file, options) if chosen is None else chosen
    if found == EMPTY:
        return _EmptyLog(file)
    # Each decoder brings its own libraries along: only the one that is needed is imported.
    if found == "vpc-text":
        from auditor.flows.vpc_text import VpcTextLog  # noqa: PLC0415 - see above

        return VpcTextLog(file, options)
    if found == "vpc-parquet":
        from auditor.flows.vpc_parquet import VpcParquetLog  # noqa: PLC0415 - see above

        return VpcParquetLog(file, options)
    if found == "hubble-json":
        from auditor.flows.hubble import HubbleLog  # noqa: PLC0415 - see above

        return HubbleLog(file, options)
    return _open_generic(file, options, found)


def _open_generic(file: InputFile, options: FlowOptions, found: str) -> FlowLog:
    if found == "generic-json":
        from auditor.flows.json_log import JsonLog  # noqa: PLC0415 - see above

        return JsonLog(file, options)
    from auditor.flows.generic import GenericLog  # noqa: PLC0415 - see above

    if found == "generic-parquet":
        return GenericLog(file, options, "parquet")
    return GenericLog(file, options, "arrow" if found == "generic-arrow" else "csv")


def recognise(file: InputFile, options: FlowOptions) -> str:
    """Return the format of a log: one of ``FORMATS``, or ``EMPTY`` if it holds nothing but blanks.

    Raises
    ------
    SourceError
        It is none of them, or the file cannot be read.
    """
    damage: SourceError | None = None
    with file.open() as stream:
        head = stream.read(_HEAD_BYTES)
        try:
            stream.read(1)
        except SourceError as error:
            damage = error
    if head.startswith(b"PAR1"):
        return _parquet_format(file)
    if head.startswith(_ARROW_MARKS):
        return "generic-arrow"
    place = Position(file.name)
    if head.startswith(_UTF16_MARKS):
        raise SourceError("expected text in UTF-8, the file is in UTF-16", place)
    lines = _lines(head)
    found = _text_format(head, lines, options) if lines else None
    if found is not None:
        return found
    if damage is not None:
        # What could be read says nothing; that there is more is what counts.
        raise damage
    if not lines:
        return EMPTY
    if lines[0].startswith((b"{", b"[")):
        raise SourceError(
            "format not recognised: the file is JSON, but none of its first records is a Hubble event or has "
            f"{', '.join(f'`{name}`' for name in REQUIRED)} in it; say with --json-fields where these stand",
            place,
        )
    raise refusal(file.name, lines[0], _listed())


def _listed() -> str:
    return ", ".join(f"`{name}`" for name in FORMATS)


def _lines(head: bytes) -> list[bytes]:
    """Return the first lines that are not blank; the last one may be cut off."""
    stripped = (line.strip() for line in head.removeprefix(_BYTE_ORDER_MARK).split(b"\n"))
    return [line for line in stripped if line][:_HEAD_LINES]


def _text_format(head: bytes, lines: list[bytes], options: FlowOptions) -> str | None:
    """Return the format of text, None if it is not recognised."""
    if _is_generic_csv(lines[0]):
        return "generic-csv"
    if lines[0].startswith((b"{", b"[")) and (options.json_fields is not None or is_flow_object(head)):
        return "generic-json"
    if _HUBBLE_KEY.search(head):
        return "hubble-json"
    if lines[0].startswith((b"{", b"[")):
        return None
    if options.vpc_format is not None or any(_is_vpc(line) for line in lines):
        return "vpc-text"
    return None


def _is_generic_csv(line: bytes) -> bool:
    names = [name.strip().strip('"').strip() for name in line.decode("utf-8", "replace").split(",")]
    # One required column is enough: the decoder then says which others are missing.
    return len(names) > 1 and any(name in REQUIRED for name in names)


def _is_vpc(line: bytes) -> bool:
    """Return whether a line is a header or a default record of VPC text."""
    try:
        if read_header(line) is not None:
            return True
    except ValueError:
        return True  # a header that cannot be used: the decoder says why
    tokens = line.split()
    if len(tokens) != len(DEFAULT_FIELDS):
        return False
    return tokens[-2] in {b"ACCEPT", b"REJECT", b"-"} and tokens[-1] in {b"OK", b"NODATA", b"SKIPDATA"}


def _parquet_format(file: InputFile) -> str:
    from auditor.flows.parquet import ParquetTable  # noqa: PLC0415 - brings pyarrow along

    names = {canonical(name.lower()) for name in ParquetTable.open(file).schema.names}
    is_vpc = names & {"srcaddr", "pkt-srcaddr"} and names & {"dstaddr", "pkt-dstaddr"}
    return "vpc-parquet" if is_vpc else "generic-parquet"


class _EmptyLog:
    """A log without anything in it (see ``schema.FlowLog``)."""

    def __init__(self, file: InputFile) -> None:
        self._file = file

    @property
    def file(self) -> str:
        """The name that messages and reports use."""
        return self._file.name

    @property
    def format(self) -> str:
        """Name of the log format."""
        return EMPTY

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user must know about this log."""
        return ()

    @property
    def share_read(self) -> float:
        """Share of the file, 0 to 1, that the parts yielded so far cover."""
        return 1.0

    def parts(self) -> Iterator[FlowPart]:
        """Yield nothing."""
        yield from ()
