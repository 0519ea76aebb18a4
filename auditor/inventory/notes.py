"""What is found wrong with an inventory: errors that make it unusable, and warnings beside it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from auditor.errors import Problem

if TYPE_CHECKING:
    from auditor.errors import Origin


@dataclass(slots=True)
class Notes:
    """Problems in the order in which they are found.

    Attributes
    ----------
    errors : list of Problem
        Each makes the inventory unusable: an object not understood is an address without its owner, and flows
        of that address would get wrong verdicts.
    warnings : list of Problem
        Usable, but the user should know.
    n_other : int
        Objects left alone, being of kinds an inventory does not need.
    """

    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    n_other: int = 0

    def error(self, message: str, origin: Origin, below: str = "") -> None:
        """Add an error at ``origin``, or at the path ``below`` it."""
        self.errors.append(Problem(message, _at(origin, below)))

    def add(self, other: Notes) -> None:
        """Add all that was found elsewhere."""
        self.errors += other.errors
        self.warnings += other.warnings
        self.n_other += other.n_other

    def warn(self, message: str, origin: Origin, below: str = "") -> None:
        """Add a warning at ``origin``, or at the path ``below`` it."""
        self.warnings.append(Problem(message, _at(origin, below)))


def _at(origin: Origin, below: str) -> Origin:
    return replace(origin, path=f"{origin.path or '$'}{below}") if below else origin
