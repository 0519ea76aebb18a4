"""Policies and inventory read and compiled once a process, with what that took."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from auditor.compiler.build import build
from auditor.ir.model import Inventory, Switches
from auditor.loading import load

if TYPE_CHECKING:
    from auditor.tables.tableset import TableSet

BUILDS = 2
_KEPT: dict[str, tuple[TableSet, dict[str, Any]]] = {}
"""The last ones alone: two clusters at once would take the memory of two."""


def compiled(settings: dict[str, Any]) -> tuple[TableSet, dict[str, Any]]:
    """Return the tables of ``policies``, ``inventory``, ``pod_cidrs`` and ``own_node``, and what they took.

    Returns
    -------
    tables : TableSet
        Compiled.
    found : dict
        ``load``, ``compile``: CPU seconds of each run. ``tables``: bytes by component. ``n_policies``, ``n_rules``,
        ``n_pods``.
    """
    key = repr([settings[name] for name in ("policies", "inventory", "pod_cidrs", "own_node")])
    if key not in _KEPT:
        _KEPT.clear()
        _KEPT[key] = _compiled(settings)
    return _KEPT[key]


def bytes_of(tables: TableSet) -> dict[str, int]:
    """Return the memory of tables by component."""
    found: dict[str, int] = {}
    for name, bundle in tables.layout._asdict().items():
        arrays = bundle if isinstance(bundle, tuple) else (bundle,)
        found[name] = sum(int(array.nbytes) for array in arrays)
    texts = (tables.texts, tables.rule_names, *tables.isolating)
    found["names"] = sum(array.nbytes for array in tables.slots) + sum(text.nbytes for text in texts)
    return found


def _compiled(settings: dict[str, Any]) -> tuple[TableSet, dict[str, Any]]:
    begun = time.process_time()
    loaded = load(settings["policies"], settings["inventory"], pod_networks=settings["pod_cidrs"])
    load_s = time.process_time() - begun
    compile_s = []
    for _ in range(BUILDS + 1):
        begun = time.process_time()
        tables = build(
            loaded.policies, loaded.inventory or Inventory(), Switches(own_node=settings["own_node"])
        )
        compile_s.append(time.process_time() - begun)
    # The first one compiles or loads kernels.
    return tables, {
        "load": [load_s],
        "compile": compile_s[1:],
        "tables": bytes_of(tables),
        "n_policies": len(tables.policies.policies),
        "n_rules": len(tables.policies.rules),
        "n_pods": sum(endpoint.kind.value == "pod" for endpoint in tables.inventory.endpoints),
    }
