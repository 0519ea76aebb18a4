"""The summary as plain Python values, and as JSON and YAML."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import yaml


class SummaryRow(NamedTuple):
    """One group; the fields are the columns of ``schema.SUMMARY``, times as RFC 3339 in UTC."""

    finding: str
    source_kind: str
    source: str
    destination_kind: str
    destination: str
    port: int | None
    protocol: str
    reason: str
    direction: str
    egress_policies: str | None
    ingress_policies: str | None
    flows: int
    connections: int | None
    bytes: int | None
    packets: int | None
    first_seen: str | None
    last_seen: str | None
    examples: list[str]


def summary_rows(summary: pa.Table) -> list[SummaryRow]:
    """Return the groups, in the order of the summary.

    Parameters
    ----------
    summary : pyarrow.Table
        Of ``schema.SUMMARY``.
    """
    columns = [
        _times(summary[name]) if name in ("first_seen", "last_seen") else summary[name].to_pylist()
        for name in SummaryRow._fields
    ]
    return [SummaryRow(*values) for values in zip(*columns, strict=True)]


def as_json(summary: pa.Table, document: dict[str, Any]) -> str:
    """Return ``{"groups": [...], "run": {...}}``: the summary, and what ``run.run_document`` returns.

    Only ASCII characters that draw something, and line ends, are in it; the rest is escaped as JSON does, so
    that a name cannot redraw a terminal.
    """
    text = json.dumps(_document(summary, document), indent=2, ensure_ascii=True)
    # JSON allows DEL as it is; it stands in strings only.
    return text.replace("\x7f", "\\u007f") + "\n"


def as_yaml(summary: pa.Table, document: dict[str, Any]) -> str:
    """Return what ``as_json`` returns, as YAML, as harmless."""
    text: str = yaml.dump(
        _document(summary, document), Dumper=_Dumper, allow_unicode=False, sort_keys=False, width=10_000
    )
    return text


class _Dumper(yaml.SafeDumper):
    """Writes repeated values out instead of naming them."""

    def ignore_aliases(self, _value: object) -> bool:
        """Return True."""
        return True


def _document(summary: pa.Table, document: dict[str, Any]) -> dict[str, Any]:
    return {"groups": [row._asdict() for row in summary_rows(summary)], "run": document}


def _times(column: pa.ChunkedArray) -> list[str | None]:
    """Return times with as many digits of the second as they have."""
    values = np.datetime_as_string(
        column.combine_chunks().cast(pa.timestamp("ns")).to_numpy(zero_copy_only=False)
    )
    return [None if text == "NaT" else text.rstrip("0").rstrip(".") + "Z" for text in values.tolist()]
