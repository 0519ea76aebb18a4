"""Report folders made by hand: flows as plain rows, and a summary of them computed in a few lines of Python."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pyarrow as pa

from auditor.report import schema

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
NAMES = ("PERMITTED", "BLOCKED", "VIOLATION", "MISDROPPED", "UNDECIDED")


class Flow(NamedTuple):
    """A flow; the default is a violation at noon."""

    source: str = "shop/web"
    destination: str = "pay/db"
    finding: str = "VIOLATION"
    second: float | None = 0
    port: int | None = 5432
    source_kind: str = "pod"
    destination_kind: str = "pod"
    reason: str = "no-rule-matched"
    weight: int = 1


def write_table(path, rows, columns):
    """Write rows as a file of a report."""
    arrays = [pa.array([row.get(field.name) for row in rows], field.type) for field in columns]
    table = pa.Table.from_arrays(arrays, schema=columns)
    with pa.ipc.new_file(str(path), columns) as file:
        file.write_table(table)


def make_report(folder, given, rules=(), *, rows="all", rejected=(), **run):
    """Write a report of flows, of rules as (name, flows), and of rejected rows as (file, reason, count)."""
    folder.mkdir(parents=True, exist_ok=True)
    write_rows(folder, given, rows)
    write_table(folder / "summary.arrow", summary_of(given), schema.SUMMARY)
    write_table(
        folder / "rules.arrow",
        [
            {"rule": name, "kind": "NetworkPolicy", "description": f"allows {name}", "flows": count}
            | {"file": "policies/all.yaml", "line": place, "direction": "ingress", "index": 0}
            for place, (name, count) in enumerate(rules)
        ],
        schema.RULES,
    )
    write_table(
        folder / "rejected.arrow",
        [
            {"source_file": file, "reason": reason, "count": count, "positions": [1, 2]}
            for file, reason, count in rejected
        ],
        schema.REJECTED,
    )
    (folder / "run.json").write_text(json.dumps(record_of(given, rows, rejected) | run), encoding="utf-8")
    return folder


def write_rows(folder, flows, rows="all", number=0):
    """Write a file of flow rows."""
    name = "verdicts" if rows == "all" else "violations"
    write_table(
        folder / f"{name}-{number:05}.arrow",
        [
            {
                "time_start": None if flow.second is None else NOON + timedelta(seconds=flow.second),
                "finding": flow.finding,
                "weight": flow.weight,
            }
            for flow in flows
        ],
        schema.FLOWS,
    )


def summary_of(flows):
    """Return rows of the summary."""
    groups = defaultdict(list)
    for flow in flows:
        groups[flow._replace(second=None, weight=1)].append(flow)
    rows = []
    for key, members in groups.items():
        times = [NOON + timedelta(seconds=one.second) for one in members if one.second is not None]
        rows.append(
            key._asdict()
            | {
                "protocol": "TCP",
                "direction": "ingress",
                "ingress_policies": "NetworkPolicy/pay/db,NetworkPolicy/pay/deny",
                "flows": sum(one.weight for one in members),
                "first_seen": min(times, default=None),
                "last_seen": max(times, default=None),
                "examples": ["logs/flows.log:7"],
            }
        )
    return sorted(rows, key=lambda row: (schema.WORST_FIRST.index(row["finding"]), -row["flows"]))


def record_of(flows, rows, rejected):
    """Return what stands in ``run.json``."""
    finding = {name: sum(flow.finding == name for flow in flows) for name in NAMES}
    n_rejected = sum(count for _, _, count in rejected)
    return {
        "schema": "1",
        "engine": {"name": "auditor", "version": "0.1.0"},
        "fingerprint": "f" * 64,
        "complete": True,
        "missing": [],
        "warnings": [],
        "options": {"rows": rows},
        "inputs": [
            {
                "role": "policies",
                "file": "policies/all.yaml",
                "size_bytes": 7,
                "sha256": "a" * 64,
                "format": None,
            },
            {
                "role": "flows",
                "file": "logs/flows.log",
                "size_bytes": 9,
                "blake3": "b" * 64,
                "format": "vpc-text",
            },
        ],
        "skipped_files": {},
        "files": [],
        "rows": {
            "read": len(flows) + n_rejected,
            "classified": len(flows),
            "skipped": {},
            "rejected": {reason: count for _, reason, count in rejected},
        },
        "flows": {
            "classified": len(flows),
            "weight": sum(flow.weight for flow in flows),
            "verdict": {},
            "finding": finding,
            "observed": {},
        },
        "losses": {},
        "time": {"started": "2026-01-06T03:04:05+00:00", "wall_s": 2.0, "cpu_s": 3.0, "stages": {}},
    }
