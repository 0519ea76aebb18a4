"""The raw results: every figure with every run it was made of, as Arrow and as JSON."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa
from pyarrow import ipc

from auditor.capacity.statistics import Interval, interval, spread
from auditor.errors import Position, SinkError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

VERSION = "1"
"""Of the columns and of the names of groups and labels."""
ARROW, JSON = "results.arrow", "results.json"
LOWER, HIGHER, NEITHER = "lower", "higher", ""
CPU, WALL, COUNT = "cpu", "wall", "count"

SCHEMA = pa.schema(
    [
        ("group", pa.string()),
        ("labels", pa.map_(pa.string(), pa.string())),
        ("unit", pa.string()),
        ("basis", pa.string()),
        ("better", pa.string()),
        ("runs", pa.list_(pa.float64())),
        ("median", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("spread", pa.float64()),
        ("flows", pa.int64()),
        ("bytes", pa.int64()),
        ("why_not", pa.string()),
        ("note", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured, or that was not.

    Attributes
    ----------
    group : str
        What kind of thing, e.g. ``stage``.
    labels : mapping of str to str
        Which one of its group; in the order they are shown.
    unit : str
        Of the runs, e.g. ``ns/flow``.
    runs : tuple of float
        Every run, warm-up apart; empty if it was not measured.
    basis : {'cpu', 'wall', 'count'}
        Processor seconds, seconds on the clock, or neither.
    better : {'lower', 'higher', ''}
        Which way is an improvement.
    n_flows, n_bytes : int
        What one run worked on, 0 if that has no meaning.
    why_not : str
        Why there are no runs.
    note : str
        What a reader must know.
    """

    group: str
    labels: Mapping[str, str]
    unit: str
    runs: tuple[float, ...] = ()
    basis: str = CPU
    better: str = LOWER
    n_flows: int = 0
    n_bytes: int = 0
    why_not: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse a figure that is neither measured nor says why not."""
        assert bool(self.runs) != bool(self.why_not), f"{self.group} {dict(self.labels)}"

    @property
    def key(self) -> str:
        """What names the figure in every results file."""
        return "/".join([self.group, *(f"{name}={value}" for name, value in self.labels.items())])

    @property
    def interval(self) -> Interval:
        """Median and bootstrap interval."""
        return interval(self.runs)

    @property
    def median(self) -> float:
        """The median of the runs."""
        return self.interval.middle


@dataclass(slots=True)
class Results:
    """All figures of a report, and what they were measured on.

    Attributes
    ----------
    facts : dict
        Machine, versions, commit, seed, the command that repeats it, what is missing.
    figures : list of Figure
        In the order they were measured.
    """

    facts: dict[str, Any]
    figures: list[Figure] = field(default_factory=list)

    def all(self, group: str, **labels: str) -> Iterator[Figure]:
        """Yield the figures of a group that carry these labels."""
        wanted = labels.items()
        yield from (
            figure
            for figure in self.figures
            if figure.group == group and wanted <= dict(figure.labels).items()
        )

    def measured(self, group: str, **labels: str) -> Iterator[Figure]:
        """Yield those of ``all`` that have runs."""
        yield from (figure for figure in self.all(group, **labels) if figure.runs)

    def one(self, group: str, **labels: str) -> Figure | None:
        """Return the first of ``measured``, None if there is none."""
        return next(self.measured(group, **labels), None)

    def write(self, folder: Path) -> None:
        """Write both files.

        Raises
        ------
        SinkError
            A file cannot be written.
        """
        table = pa.Table.from_pylist([_row(figure) for figure in self.figures], SCHEMA)
        facts = json.dumps(self.facts)
        table = table.replace_schema_metadata({"auditor.capacity": VERSION, "auditor.facts": facts})
        document = {
            "capacity": VERSION,
            "facts": self.facts,
            "figures": [_row(each) for each in self.figures],
        }
        try:
            partial = folder / f".{ARROW}.partial"
            with ipc.new_file(str(partial), table.schema) as writer:
                writer.write_table(table)
            partial.replace(folder / ARROW)
            write_text(folder / JSON, json.dumps(document, indent=1) + "\n")
        except OSError as error:
            raise SinkError(f"expected a folder to write to, got `{folder}`: {error.strerror}") from error

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read either file, or the one in a folder.

        Raises
        ------
        SourceError
            It cannot be read, or holds something else.
        """
        file = path / JSON if path.is_dir() else path
        try:
            if file.suffix == ".arrow":
                table = ipc.open_file(pa.OSFile(str(file))).read_all()
                found = {
                    name.decode(): value.decode() for name, value in (table.schema.metadata or {}).items()
                }
                version, facts, rows = (
                    found["auditor.capacity"],
                    json.loads(found["auditor.facts"]),
                    table.to_pylist(),
                )
                rows = [row | {"labels": dict(row["labels"])} for row in rows]
            else:
                document = json.loads(file.read_text(encoding="utf-8"))
                version, facts, rows = document["capacity"], document["facts"], document["figures"]
        except OSError as error:
            raise SourceError(f"results cannot be read: {error.strerror}", Position(str(file))) from error
        except (ValueError, KeyError, TypeError) as error:
            raise SourceError(
                "expected the results of `auditor bench`, came something else", Position(str(file))
            ) from error
        if version != VERSION:
            raise SourceError(
                f"expected results of version `{VERSION}`, came `{version}`", Position(str(file))
            )
        return cls(facts, [_figure(row) for row in rows])


def write_text(path: Path, text: str) -> None:
    """Write a text so that it is there whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _row(figure: Figure) -> dict[str, Any]:
    found = figure.interval if figure.runs else Interval(None, None, None)  # type: ignore[arg-type]
    return {
        "group": figure.group,
        "labels": dict(figure.labels),
        "unit": figure.unit,
        "basis": figure.basis,
        "better": figure.better,
        "runs": list(figure.runs),
        "median": found.middle,
        "low": found.low,
        "high": found.high,
        "spread": spread(figure.runs) if figure.runs and figure.median else None,
        "flows": figure.n_flows,
        "bytes": figure.n_bytes,
        "why_not": figure.why_not,
        "note": figure.note,
    }


def _figure(row: Mapping[str, Any]) -> Figure:
    return Figure(
        group=row["group"],
        labels=row["labels"],
        unit=row["unit"],
        runs=tuple(row["runs"]),
        basis=row["basis"],
        better=row["better"],
        n_flows=row["flows"],
        n_bytes=row["bytes"],
        why_not=row["why_not"],
        note=row["note"],
    )
