"""What a user may say about how flow logs are to be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.flows.window import Window


@dataclass(frozen=True, slots=True)
class FlowOptions:
    """How flow logs are read.

    Attributes
    ----------
    format : str or None
        One of ``sniff.FORMATS``; None recognises the format from the bytes.
    vpc_format : str or None
        The fields of header-less VPC text, as AWS writes the format (``${srcaddr} ${dstaddr}``) or as plain
        names.
    json_fields : str or None
        Where the values of a flow stand in generic JSON, see ``json_fields.read_fields``; None is under the report's
        names.
    block_bytes : int
        How much text (decompressed) one part holds at least; results do not depend on it. What is done once a part
        takes half a millisecond of Python, so small parts are dear; large ones leave the caches before they are
        scanned, and each part in flight takes this much memory.
    max_line_bytes : int
        A longer line is a rejected row.
    max_part_rows : int
        A columnar part holds no more rows.
    max_group_bytes : int
        A Parquet row group (the columns that are read) or Arrow batch that is larger when decoded is refused.
    exact : bool
        Whether the exact parsers read every row of text and JSON, and the scanners none: what a scanner must agree
        with, and is measured against.
    window : Window or None
        Flows outside it are skipped.
    """

    format: str | None = None
    vpc_format: str | None = None
    json_fields: str | None = None
    block_bytes: int = 10 << 20
    max_line_bytes: int = 1 << 20
    max_part_rows: int = 1 << 20
    max_group_bytes: int = 4 << 30
    exact: bool = False
    window: Window | None = None
