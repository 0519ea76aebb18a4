"""Every failure a user can cause, and where it happened.

::

    AuditorError                 expected failure; the command line prints it without a traceback
      ConfigError                flag, environment or file value
      PolicyError                documents without a meaning, all problems together
        UnsupportedPolicyError   valid Kubernetes, not covered here
      InventoryError             an inventory without a meaning, all problems together
      TableError                 cannot build, or a file does not fit
        TableLimitError          more classes than the id type can hold
      SourceError                cannot read
        RejectLimitError         too many rejected rows, or one under ``--on-rejected fail``
      SinkError                  cannot write
        StateError               what was written before contradicts itself, or the committed offsets

A broken invariant is a bug, is not in this tree, and keeps its traceback.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """A place in a text file of documents.

    Attributes
    ----------
    file : str
        Path as the user gave it or as it was found below a given folder; ``-`` is standard input.
    document : int or None
        Number of the YAML document in the file, from 1.
    line : int or None
        Line in the file, from 1.
    path : str or None
        Path of the value inside the document, ``$`` being its root, e.g. ``$.spec.ingress[1].ports[0]``.
    """

    file: str
    document: int | None = None
    line: int | None = None
    path: str | None = None

    def __str__(self) -> str:
        """Return ``file[document]:line path``, leaving out what is not known."""
        document = "" if self.document is None else f"[{self.document}]"
        line = "" if self.line is None else f":{self.line}"
        path = "" if self.path is None else f" {self.path}"
        return f"{self.file}{document}{line}{path}"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a flow log.

    Attributes
    ----------
    file : str
        Path of the file; ``-`` is standard input.
    row : int or None
        Line number (text and JSON) or row number (columnar files), from 1.
    """

    file: str
    row: int | None = None

    def __str__(self) -> str:
        """Return ``file:row``."""
        return self.file if self.row is None else f"{self.file}:{self.row}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a document: a sentence without its place, and the place."""

    message: str
    origin: Origin

    def __str__(self) -> str:
        """Return the sentence with its place at the end."""
        return f"{self.message} - at {self.origin}"


class AuditorError(Exception):
    """An expected failure.

    Parameters
    ----------
    message : str
        What was expected and what came: one line, no trailing period, values in backticks.
    place : Origin, Position or None
        Where; printed last.
    """

    def __init__(self, message: str, place: Origin | Position | None = None) -> None:
        super().__init__(message if place is None else f"{message} - at {place}")
        self.message = message
        self.place = place


class ConfigError(AuditorError):
    """A flag, environment variable or configuration value has no meaning."""


class ProblemsError(AuditorError):
    """Several problems reported together, in the order of their places."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=_by_place))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def _by_place(problem: Problem) -> tuple[str, int, int, str, str]:
    origin = problem.origin
    return (origin.file, origin.document or 0, origin.line or 0, origin.path or "", problem.message)


class PolicyError(ProblemsError):
    """Policy documents that the API server would refuse, or that nobody can read."""


class UnsupportedPolicyError(PolicyError):
    """Policies of a kind that this version does not judge."""


class InventoryError(ProblemsError):
    """Inventory documents that nobody can read."""


class TableError(AuditorError):
    """Tables cannot be built, or a file does not hold fitting ones."""


class TableLimitError(TableError):
    """More classes than the id type can hold."""


class SourceError(AuditorError):
    """A flow log cannot be read."""


class RejectLimitError(SourceError):
    """More rejected rows than allowed."""


class SinkError(AuditorError):
    """A report cannot be written."""


class StateError(SinkError):
    """What was written before contradicts itself or the committed offsets: trying again does not help."""
