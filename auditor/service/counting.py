"""What a published segment adds to the counters of the service."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pyarrow.compute as pc

if TYPE_CHECKING:
    import pyarrow as pa

    from auditor.report.tally import Totals
    from auditor.service.metrics import Metrics
    from auditor.service.writing import Prepared
    from auditor.sources.kafka_messages import Partition

_VERDICTS = {"permitted": "allowed", "misdropped": "allowed", "blocked": "denied", "violation": "denied"}
_SIDES = ("egress", "ingress")


def count_published(metrics: Metrics, partition: Partition, prepared: Prepared, now_ms: int) -> None:
    """Count a segment once it is in the chain.

    Parameters
    ----------
    metrics : Metrics
        Where.
    partition : Partition
        Whose it is.
    prepared : Prepared
        The segment.
    now_ms : int
        Milliseconds since 1970.
    """
    facts = prepared.facts
    metrics.published_files.inc()
    for finding, verdict in _VERDICTS.items():
        metrics.records.labels(partition.topic, verdict).inc(facts.counts[finding])
    metrics.records.labels(partition.topic, "unknown").inc(facts.counts["undecided"])
    if facts.last_ms is not None:
        age_s = max(0.0, (now_ms - facts.last_ms) / 1000)
        metrics.record_age.labels(partition.topic, str(partition.number)).set(age_s)
    for (namespace, policy), n_flows in violations_of(prepared.table).items():
        metrics.count_violations(namespace, policy, n_flows)


def count_rejected(metrics: Metrics, totals: Totals) -> None:
    """Count rows that could not be read, by reason."""
    for reason, n_rows in totals.rejected.items():
        metrics.bad_records.labels(reason).inc(n_rows)


def violations_of(table: pa.Table) -> Counter[tuple[str, str]]:
    """Return how many violations each policy has, by its namespace and name; one of several counts for each.

    Parameters
    ----------
    table : pyarrow.Table
        Of ``segments.ROWS``.
    """
    found: Counter[tuple[str, str]] = Counter()
    is_violation = pc.equal(table["finding"].cast("string"), "VIOLATION")
    for side in _SIDES:
        is_denied = pc.and_(is_violation, pc.equal(table[f"{side}_verdict"].cast("string"), "denied"))
        policies = table[f"{side}_policies"].filter(is_denied).cast("string")
        for entry in pc.value_counts(policies).to_pylist():
            for policy in str(entry["values"] or "").split(","):
                _, _, rest = policy.partition("/")
                namespace, _, name = rest.partition("/")
                if name:
                    found[namespace, name] += int(entry["counts"])
    return found
