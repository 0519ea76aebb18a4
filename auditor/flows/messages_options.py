"""What may be said about how messages are to be read, and the formats that a message may have."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from auditor.errors import ConfigError
from auditor.flows.json_fields import DEFAULT_FIELDS, field_program, read_fields
from auditor.flows.vpc_columns import DEFAULT_COLUMNS, Columns, read_format

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.flows.json_fields import FieldProgram, Path

FORMATS = ("hubble-json", "vpc-text", "generic-arrow", "generic-json")
"""Every format that is read from messages, as ``--format`` and the header ``auditor.format`` name it."""


@dataclass(frozen=True, slots=True)
class MessageOptions:
    """How messages are read.

    Attributes
    ----------
    format : str or None
        One of ``FORMATS``, for messages without a header ``auditor.format``; None recognises each message by its
        first bytes.
    vpc_format : str or None
        The fields of VPC records, as AWS writes the format (``${srcaddr} ${dstaddr}``) or as plain names, up to the
        first header inside a message; None is the default format.
    json_fields : str or None
        Where the values of a flow stand in generic JSON, see ``json_fields.read_fields``; None is under the report's
        names.
    block_bytes : int
        About how many bytes of values are decoded together; results do not depend on it.
    max_line_bytes : int
        A longer line is a rejected row.
    max_inflated_bytes : int
        A gzip'd message that inflates to more is rejected.
    max_inflated_ratio : int
        So is one that inflates to more than so many times its own size, and to more than a MiB.
    max_group_bytes : int
        A message of Arrow IPC that says it takes more memory is rejected before it is inflated.
    exact : bool
        Whether the exact parsers read every line, and the scanners none.

    Raises
    ------
    ConfigError
        ``format``, ``vpc_format`` or ``json_fields`` has no meaning.
    """

    format: str | None = None
    vpc_format: str | None = None
    json_fields: str | None = None
    block_bytes: int = 16 << 20
    max_line_bytes: int = 1 << 20
    max_inflated_bytes: int = 64 << 20
    max_inflated_ratio: int = 200
    max_group_bytes: int = 256 << 20
    exact: bool = False

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if self.format is not None and self.format not in FORMATS:
            known = ", ".join(f"`{name}`" for name in FORMATS)
            raise ConfigError(f"--format of messages expects one of {known}, got `{self.format}`")
        _ = self.columns, self.fields

    @property
    def columns(self) -> Columns:
        """The columns of VPC records without a header."""
        return DEFAULT_COLUMNS if self.vpc_format is None else read_format(self.vpc_format)

    @property
    def fields(self) -> Mapping[str, Path]:
        """Where the values of generic JSON stand."""
        return _fields(self.json_fields)

    @property
    def field_program(self) -> FieldProgram | None:
        """What the scanner looks for in generic JSON; None has the exact parser read every line."""
        return None if self.exact else _program(self.json_fields)


# Every group of messages asks for these, and many a message.
@cache
def _fields(text: str | None) -> Mapping[str, Path]:
    return DEFAULT_FIELDS if text is None else read_fields(text)


@cache
def _program(text: str | None) -> FieldProgram | None:
    return field_program(_fields(text))
