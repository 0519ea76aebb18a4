"""What is measured, in which order and how large: a step each, with what it takes about."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from auditor.synthetic.flows import Traffic
from auditor.synthetic.shapes import Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from auditor.capacity.child import Worker
    from auditor.capacity.inputs import Given, Log, Made
    from auditor.capacity.results import Figure, Results


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured.

    Attributes
    ----------
    name : {'quick', 'full'}
        As the flag.
    rounds : int
        Runs of each stage, in each of two processes.
    audits : int
        Runs of whole audits.
    gate_s : float
        Seconds that the oracle may take for each log.
    peer_runs : int
        Runs of each peer.
    connections : int or None
        Of a generated cluster at most.
    rows : dict of str to int
        Of the generated logs, by format.
    flows : int
        Of growth.
    axes : dict of str to tuple of (str, Shape)
        Growth with the cluster.
    traffics : tuple of (str, str, Traffic)
        Growth with the traffic: axis, where on it, how flows are drawn.
    held_back : tuple of (Shape, str, str, float) or None
        Cluster, format, compression and share of denied flows that the formula must predict.
    """

    name: str
    rounds: int
    audits: int
    gate_s: float
    peer_runs: int
    connections: int | None
    rows: dict[str, int]
    flows: int
    axes: dict[str, tuple[tuple[str, Shape], ...]]
    traffics: tuple[tuple[str, str, Traffic], ...]
    held_back: tuple[Shape, str, str, float] | None


MAIN = Shape(1_000, 10_000)
_SMALL = Shape(100, 1_000)

QUICK = Extent(
    name="quick",
    rounds=3,
    audits=2,
    gate_s=0.5,
    peer_runs=3,
    connections=40_000,
    rows={"hubble-json": 30_000, "vpc-text": 100_000, "vpc-parquet": 200_000},
    flows=200_000,
    axes={"policies": (("100", replace(MAIN, n_policies=100)), ("1000", MAIN))},
    traffics=(
        ("violations", "0", Traffic(0.0)),
        ("violations", "0.01", Traffic(0.01)),
        ("violations", "0.5", Traffic(0.5)),
        ("addresses", "few popular (Zipf)", Traffic(0.01)),
        ("addresses", "all alike (uniform)", Traffic(0.01, is_uniform=True)),
        ("reused addresses", "0", Traffic(0.01)),
        ("reused addresses", "0.2", Traffic(0.01, reused=0.2)),
    ),
    held_back=None,
)
FULL = Extent(
    name="full",
    rounds=9,
    audits=5,
    gate_s=6.0,
    peer_runs=7,
    connections=None,
    rows={"hubble-json": 120_000, "vpc-text": 600_000, "vpc-parquet": 2_000_000},
    flows=1_000_000,
    axes={
        "policies": (
            ("100", replace(MAIN, n_policies=100)),
            ("1000", MAIN),
            ("10000", replace(MAIN, n_policies=10_000)),
        ),
        "pods": (
            ("1000", replace(MAIN, n_pods=1_000)),
            ("10000", MAIN),
            ("100000", replace(MAIN, n_pods=100_000)),
        ),
        "CIDRs": (
            ("0", MAIN),
            ("1000", replace(MAIN, n_cidrs=1_000)),
            ("10000", replace(MAIN, n_cidrs=10_000)),
        ),
        "label values": (
            ("0", MAIN),
            ("100", replace(MAIN, n_label_values=100)),
            ("1000", replace(MAIN, n_label_values=1_000)),
        ),
        "IPv6 share": (("0", MAIN), ("0.5", replace(MAIN, v6_share=0.5)), ("1", replace(MAIN, v6_share=1.0))),
    },
    traffics=(
        ("violations", "0", Traffic(0.0)),
        ("violations", "0.01", Traffic(0.01)),
        ("violations", "0.1", Traffic(0.1)),
        ("violations", "0.5", Traffic(0.5)),
        ("addresses", "few popular (Zipf)", Traffic(0.01)),
        ("addresses", "all alike (uniform)", Traffic(0.01, is_uniform=True)),
        ("reused addresses", "0", Traffic(0.01)),
        ("reused addresses", "0.05", Traffic(0.01, reused=0.05)),
        ("reused addresses", "0.2", Traffic(0.01, reused=0.2)),
        ("reused addresses", "0.5", Traffic(0.01, reused=0.5)),
    ),
    held_back=(Shape(3_000, 10_000), "vpc-text", "gzip", 0.1),
)
COMPRESSIONS = {
    "hubble-json": ("none", "gzip", "zstd"),
    "vpc-text": ("none", "gzip", "zstd"),
    "vpc-parquet": ("zstd", "gzip"),
}
OWN_NODE = "judge"
"""How generated clusters are judged; it costs the same."""


@dataclass(slots=True)
class Bench:
    """What the steps share.

    Attributes
    ----------
    extent : Extent
        How much.
    made : Made
        Generated inputs.
    seed : int
        Of everything drawn.
    own : Given or None
        What the user has; generated inputs are measured if None.
    results : Results
        Takes the figures.
    given : Given
        What is measured: set by the first step.
    logs : tuple of Log
        The same.
    failures : list of str
        What could not be measured, or differs from the oracle.
    worker : Worker or None
        The process that does one job after the other.
    brokers, kafka_properties : str or None
        As the flags: a broker that topics may be made on, and how to sign in there.
    """

    extent: Extent
    made: Made
    seed: int
    own: Given | None
    results: Results
    given: Given | None = None
    logs: tuple[Log, ...] = ()
    failures: list[str] = field(default_factory=list)
    worker: Worker | None = None
    brokers: str | None = None
    kafka_properties: str | None = None

    def ask(self, job: str, settings: dict[str, Any]) -> dict[str, Any]:
        """Do a job in the process that did the one before: what it imported and compiled is there."""
        from auditor.capacity.child import Worker  # noqa: PLC0415 - it imports what this file is imported by

        if self.worker is None or not self.worker.is_alive:
            self.worker = Worker()
        return self.worker.ask(job, settings)

    def close(self) -> None:
        """End that process."""
        if self.worker is not None:
            self.worker.close()
            self.worker = None

    @property
    def own_node(self) -> str:
        """As ``--own-node``: generated nodes probe nobody."""
        return "allow" if self.own else OWN_NODE

    @property
    def ready(self) -> Given:
        """What is measured, once the first step was done."""
        assert self.given is not None
        return self.given


class Step(NamedTuple):
    """A part of the plan.

    Attributes
    ----------
    group : str
        Of the figures it gives.
    words : str
        What is being done, for progress.
    seconds : float
        About how long it takes, relative to the others.
    measure : callable
        Yields figures as they are known.
    """

    group: str
    words: str
    seconds: float
    measure: Callable[[Bench], Iterator[Figure]]
