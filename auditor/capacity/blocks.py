"""What a report is made of, in any form: sentences, tables, and pictures of numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from auditor.capacity.results import Figure

LABELS = {"hubble-json": "Hubble JSON", "vpc-text": "VPC text", "vpc-parquet": "VPC Parquet"}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with a caption; a column is a title and the digits after the point, None for text."""

    caption: str
    columns: Sequence[tuple[str, int | None]]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars: name, value, and the interval around it."""

    caption: str
    unit: str
    bars: Sequence[tuple[str, float, float, float]]
    digits: int = 1


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines by name: points of x, y, and the interval around y.

    ``beyond`` has what is extrapolated of some of them, by the same names.
    """

    caption: str
    x: str
    y: str
    lines: Mapping[str, Sequence[tuple[float, float, float, float]]]
    is_log: bool = False
    beyond: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)


@dataclass(slots=True)
class Part:
    """A part of the report.

    Attributes
    ----------
    name, title, lead : str
        For links, the heading, and how to read it.
    blocks : list
        Texts, tables, bars and lines, in order.
    """

    name: str
    title: str
    lead: str = ""
    blocks: list[str | Table | Bars | Lines] = field(default_factory=list)


def named(figure: Figure) -> str:
    """Return the log of a figure for people."""
    return log_named(figure.labels["log"], figure.labels["compression"])


def log_named(log_format: str, compression: str) -> str:
    """Return a kind of log for people."""
    return f"{LABELS.get(log_format, log_format)}, {'plain' if compression == 'none' else compression}"
