"""What the service counts, in the words of Prometheus.

The client is imported here (0.07 s, most of it its own web server, which is not used): whoever answers `--help` must
not import this module.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder

from auditor.about import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STAGES = ("fetch", "decode", "parse", "classify", "write", "publish", "commit")
"""What a batch goes through; the values of `stage`. To decode is to inflate and walk record batches, and is part of
fetching them."""

RELOADED = ("success", "unchanged", "failure")
"""The values of `result`: a new set, new files that mean the same, files that were refused."""

MAX_PAIRS = 2000
"""Pairs of namespace and policy with a counter of their own: a series costs Prometheus some 3 KiB, an attacker a
label. Pairs beyond count as `OTHER`."""

OTHER = "_other"
"""Never a namespace or policy: Kubernetes allows no underscore in names."""

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_OPEN_METRICS = "application/openmetrics-text"
_PARTITION = ("topic", "partition")


class Metrics:
    """Counters, gauges and histograms of one service, in a registry of their own.

    Each attribute is the metric `auditor_<name>`, with `_total` where it counts and its unit where it has one. They
    may be used from any thread.

    Parameters
    ----------
    max_pairs : int
        Pairs of namespace and policy that `violations` tells apart.
    """

    def __init__(self, *, max_pairs: int = MAX_PAIRS) -> None:
        # Doubles every counter with the time of its first increment, which no rule here asks for.
        cast("Callable[[], None]", disable_created_metrics)()
        self.registry = CollectorRegistry()
        for collect in (ProcessCollector, PlatformCollector, GCCollector):
            collect(registry=self.registry)
        self._max_pairs = max_pairs
        self._pairs: set[tuple[str, str]] = set()
        self._digest: str | None = None

        self.records = self._counter("records", "Flow records judged", "topic", "verdict")
        self.bad_records = self._counter("bad_records", "Messages or rows that could not be read", "reason")
        self.batch_duration = Histogram(
            "auditor_batch_duration_seconds",
            "Time that a batch spends in a stage",
            ("stage",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.record_age = self._gauge(
            "record_age_seconds", "Now minus the time of the last event, at its publication", *_PARTITION
        )
        self.consumer_lag = self._gauge(
            "consumer_lag_records", "Offsets between the position and the high watermark", *_PARTITION
        )
        self.chain_end = self._gauge("chain_end_offset", "End of the newest published segment", *_PARTITION)
        self.committed = self._gauge("committed_offset", "Offset committed to Kafka", *_PARTITION)
        self.assigned_partitions = self._gauge("assigned_partitions", "Partitions this process consumes")
        self.published_files = self._counter("published_files", "Segments published")
        self.publish_conflicts = self._counter(
            "publish_conflicts", "Segments given up since somebody else had published their start"
        )
        self.gap_records = self._counter("gap_records", "Records of a gap written into a chain", "reason")
        self.rebalances = self._counter("rebalances", "Changes of the assignment")
        self.policy_reload = self._counter(
            "policy_reload", "Looks at changed policies or inventory", "result"
        )
        self.policy_reload_successful = self._gauge(
            "policy_reload_successful", "Whether the files as they are now could be used (1) or not (0)"
        )
        self.policy_last_success = self._gauge(
            "policy_last_success_timestamp_seconds", "When files were last read and found usable"
        )
        self.policy_info = self._gauge("policy_info", "The tables in force, by fingerprint", "digest")
        self._violations = self._counter("violations", "Flows denied, yet forwarded", "namespace", "policy")
        self._gauge("build_info", "The version that runs", "version").labels(VERSION).set(1)
        # Series that exist before they count: an increase from nothing is no increase to Prometheus.
        for stage in STAGES:
            self.batch_duration.labels(stage)
        for result in RELOADED:
            self.policy_reload.labels(result)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage of a batch, also where it fails; ``name`` is one of ``STAGES``."""
        assert name in STAGES
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.batch_duration.labels(name).observe(time.perf_counter() - begin)

    def count_violations(self, namespace: str, policy: str, n_flows: int) -> None:
        """Count violations of a policy; ``OTHER`` of both once there are too many pairs to tell apart."""
        pair = (namespace, policy)
        if pair not in self._pairs:
            if len(self._pairs) >= self._max_pairs:
                pair = (OTHER, OTHER)
            else:
                self._pairs.add(pair)
        self._violations.labels(*pair).inc(n_flows)

    def use_policies(self, digest: str) -> None:
        """Name the tables in force; the ones before are gone."""
        self.policy_info.labels(digest).set(1)
        if self._digest not in (None, digest):
            self.policy_info.remove(self._digest)
        self._digest = digest

    def count_reload(self, result: str) -> None:
        """Count one look at changed files; ``result`` is one of ``RELOADED``."""
        assert result in RELOADED
        self.policy_reload.labels(result).inc()
        is_usable = result != "failure"
        self.policy_reload_successful.set(is_usable)
        if is_usable:
            self.policy_last_success.set(time.time())

    def forget(self, topic: str, partition: int) -> None:
        """Drop the gauges of a partition that went to another process: they would stand still and look stalled."""
        for gauge in (self.record_age, self.consumer_lag, self.chain_end, self.committed):
            gauge.remove(topic, str(partition))

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """Return all of it as text, and the content type, for what a client accepts."""
        # Nothing else of what a stranger sends reaches the client's parser of versions, which raises.
        encode, content_type = choose_encoder(_OPEN_METRICS if _OPEN_METRICS in accept else "")
        return encode(self.registry), content_type

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"auditor_{name}", about, labels, registry=self.registry)

    def _gauge(self, name: str, about: str, *labels: str) -> Gauge:
        return Gauge(f"auditor_{name}", about, labels, registry=self.registry)
