"""What may be said about how messages are to be read, and the formats that a message may have."""

from __future__ import annotations

from dataclasses import dataclass

from auditor.errors import ConfigError
from auditor.flows.vpc_columns import DEFAULT_COLUMNS, Columns, read_format

FORMATS = ("hubble-json", "vpc-text", "generic-arrow")
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
        ``format`` or ``vpc_format`` has no meaning.
    """

    format: str | None = None
    vpc_format: str | None = None
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
        _ = self.columns

    @property
    def columns(self) -> Columns:
        """The columns of VPC records without a header."""
        return DEFAULT_COLUMNS if self.vpc_format is None else read_format(self.vpc_format)
