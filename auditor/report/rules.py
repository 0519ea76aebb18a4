"""The tables of rules and of rejected rows."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from auditor.report import schema
from auditor.report.words import rule_in_words
from auditor.safe import utf8
from auditor.sinks.columns import text_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.ir.model import PolicySet
    from auditor.report.tally import Totals
    from auditor.tables.tableset import TableSet


_LAST: list[tuple[weakref.ref[PolicySet], list[pa.Array]]] = []
"""The policies that were described last, and how: the sentences of a thousand take 20 ms, and an audit follows another
by the same tables."""


def rules_table(tables: TableSet, totals: Totals) -> pa.Table:
    """Return one row of ``schema.RULES`` a rule, by ``rule_id``: what it is, how many flows it decided."""
    names = text_column(np.arange(len(tables.rule_names)), tables.rule_names)
    columns = [names, *_descriptions(tables.policies), pa.array(totals.rules)]
    return pa.Table.from_arrays(columns, schema=schema.RULES)


def _descriptions(policies: PolicySet) -> list[pa.Array]:
    """Return the columns that say what each rule is."""
    for described, columns in _LAST:
        if described() is policies:
            return columns
    rules = policies.rules
    columns = [
        texts([policy.kind for policy, _ in rules]),
        texts([policy.namespace for policy, _ in rules]),
        texts([policy.name for policy, _ in rules]),
        texts([schema.DIRECTION_NAMES[rule.direction] for _, rule in rules]),
        pa.array([rule.index for _, rule in rules], pa.int32()),
        texts([rule_in_words(policy, rule) for policy, rule in rules]),
        texts([rule.origin.file for _, rule in rules]),
        pa.array([rule.origin.document for _, rule in rules], pa.int32()),
        pa.array([rule.origin.line for _, rule in rules], pa.int32()),
    ]
    _LAST[:] = [(weakref.ref(policies), columns)]
    return columns


def rejected_table(totals: Totals) -> pa.Table:
    """Return one row a reason and file, of ``schema.REJECTED``: files as they were read, reasons by name."""
    found = [
        (file, entry.account.rejected[reason])
        for file, entry in totals.files.items()
        for reason in sorted(entry.account.rejected)
    ]
    columns = [
        texts([file for file, _ in found]),
        texts([rejected.reason for _, rejected in found]),
        pa.array([rejected.count for _, rejected in found], pa.int64()),
        pa.array([rejected.rows for _, rejected in found], pa.list_(pa.int64())),
    ]
    return pa.Table.from_arrays(columns, schema=schema.REJECTED)


def texts(values: Sequence[str | None]) -> pa.DictionaryArray:
    """Return a text column of these values."""
    stored = pa.array(
        [value if value is None or value.isascii() else utf8(value) for value in values], pa.string()
    )
    return text_column(np.arange(len(stored)), stored)
