"""Replays recorded flow logs against Kubernetes network policies.

::

    import auditor

    tables = auditor.compile(policies="policies/", inventory="cluster.json")
    run = auditor.audit(tables, flows="flows/*.parquet")
    for batch in run:
        ...

Nothing heavy is imported before the first of these is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.about import VERSION

if TYPE_CHECKING:
    from auditor.api import audit, compile  # noqa: A004  the verb of the job, always written `auditor.compile`
    from auditor.run import Run
    from auditor.tables.tableset import TableSet

__version__ = VERSION

__all__ = ["Run", "TableSet", "__version__", "audit", "compile"]

_HOMES = {
    "Run": "auditor.run",
    "audit": "auditor.api",
    "compile": "auditor.api",
    "TableSet": "auditor.tables.tableset",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module `auditor` has no attribute `{name}`")
    import importlib  # noqa: PLC0415  only a library user comes here

    return getattr(importlib.import_module(_HOMES[name]), name)
