"""Compiles again and again: extends what it made before where it can, and builds in full where not."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from auditor.compiler.build import compile_known
from auditor.compiler.extend import Unlike, extend

if TYPE_CHECKING:
    from auditor.compiler.known import Compiled
    from auditor.ir.model import Inventory, PolicySet, Switches
    from auditor.tables.tableset import TableSet


class Made(NamedTuple):
    """Tables, and how they came about.

    Attributes
    ----------
    tables : TableSet
        The same, whichever way.
    built_for : Unlike or None
        Why they had to be built in full; None where those before were extended.
    """

    tables: TableSet
    built_for: Unlike | None


class Compiler:
    """Compiles for inventories as they follow each other; for one thread."""

    def __init__(self) -> None:
        self._before: Compiled | None = None

    def compile(self, policies: PolicySet, inventory: Inventory, switches: Switches) -> Made:
        """Compile as ``build.build``, and fail likewise."""
        # Kept only if all went well: what failed, be it by a bug, is built in full the next time.
        before, self._before = self._before, None
        found = Unlike.NOTHING if before is None else extend(before, policies, inventory, switches)
        del before  # what is known of two large clusters at a time is one too many
        if isinstance(found, Unlike):
            self._before = compile_known(policies, inventory, switches)
            return Made(self._before.tables, found)
        self._before = found
        return Made(found.tables, None)
