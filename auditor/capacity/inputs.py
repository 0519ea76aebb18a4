"""What a report is measured on: a generated cluster with its logs, or what the user has."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from auditor.sources.inflate import codec_of
from auditor.synthetic.compressed import opened
from auditor.synthetic.files import COMPRESSIONS, FORMATS, write_cluster, write_log
from auditor.synthetic.flows import TRAFFIC, Pool, Traffic, connection_pool
from auditor.synthetic.shapes import Shape, shaped_cluster

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from auditor.ir.model import Inventory, PolicySet

HEAD_BYTES = 8
"""First bytes of a log that say how it is compressed."""
VERSION = 2
"""To be raised when a generator writes something else for the same seed."""


@dataclass(frozen=True, slots=True)
class Log:
    """A flow log: where it lies, its format and compression as a report names them."""

    path: str
    format: str
    compression: str


@dataclass(frozen=True, slots=True)
class Given:
    """Policies, inventory and logs of an audit.

    Attributes
    ----------
    policies, inventory : tuple of str
        Paths.
    logs : tuple of Log
        Each measured on its own.
    pod_cidrs : tuple of str
        As ``--pod-cidr``.
    words : str
        What it is, for people.
    """

    policies: tuple[str, ...]
    inventory: tuple[str, ...]
    logs: tuple[Log, ...] = ()
    pod_cidrs: tuple[str, ...] = ()
    words: str = ""


@dataclass(slots=True)
class Made:
    """Generated inputs in a folder; each is made once, and found again by its name.

    Parameters
    ----------
    folder : Path
        Where they lie.
    seed : int
        Of all of them.
    most : int or None
        Connections of a cluster; judging them is what takes longest. None are all that its rules speak of.
    """

    folder: Path
    seed: int
    most: int | None = None
    _pools: dict[Shape, Pool] = field(default_factory=dict)

    def cluster(self, shape: Shape) -> Given:
        """Return the files of a cluster."""
        place = self._place(shape)
        if not (place / "cluster.json").exists():
            inventory, policies, _ = self.world(shape)
            part = place / ".part"
            write_cluster(part, inventory, policies)
            (part / "policies").replace(place / "policies")
            (part / "cluster.json").replace(place / "cluster.json")
            part.rmdir()
        words = f"{shape.n_policies:,} policies, {shape.n_pods:,} pods, generated with seed {shape.seed}"
        return Given((str(place / "policies"),), (str(place / "cluster.json"),), words=words)

    def rules(self, shape: Shape) -> Path:
        """Return the folder of a cluster's rules as tables, for peers that judge by queries."""
        from auditor.capacity.peers.expanded import expand  # noqa: PLC0415 - for these only

        place = self._place(shape) / "rules"
        if not place.exists():
            part = place.with_name(".rules")
            part.mkdir(exist_ok=True)
            expand(part, *self.world(shape))
            part.replace(place)
        return place

    def world(self, shape: Shape) -> tuple[Inventory, PolicySet, Pool]:
        """Return a cluster and the connections of its traffic, which the oracle judged once."""
        inventory, policies = shaped_cluster(shape)
        path = self._place(shape) / "pool.npz"
        if not path.exists():
            pool = connection_pool(inventory, policies, shape.seed, self.most)
            np.savez(path.with_name("part.npz"), **pool._asdict())
            path.with_name("part.npz").replace(path)
        return inventory, policies, self.pool(shape)

    def pool(self, shape: Shape) -> Pool:
        """Return the connections of a cluster."""
        path = self._place(shape) / "pool.npz"
        if shape not in self._pools:
            if not path.exists():
                return self.world(shape)[2]
            with np.load(path) as columns:
                self._pools[shape] = Pool(**{name: columns[name] for name in Pool._fields})
        return self._pools[shape]

    def _place(self, shape: Shape) -> Path:
        part = f"-{self.most}m" if self.most else ""
        place = self.folder / f"v{VERSION}-{_named(shape)}{part}"
        place.mkdir(parents=True, exist_ok=True)
        return place

    def log(
        self, shape: Shape, log_format: str, rows: int, compression: str = "none", traffic: Traffic = TRAFFIC
    ) -> Log:
        """Return a log of a cluster's traffic; text is compressed from the same plain text."""
        name = f"{log_format}-{rows}-{traffic.denied:g}-{'uniform' if traffic.is_uniform else 'zipf'}"
        name += f"-{traffic.reused:g}r" if traffic.reused else ""
        stem = self._place(shape) / name
        if log_format == "vpc-parquet":
            stem = stem.with_name(f"{name}-{compression}")
            path = stem.with_name(f"{stem.name}.{FORMATS[log_format]}")
            if not path.exists():
                self._write(stem, self.pool(shape), rows, log_format, compression, traffic)
            return Log(str(path), log_format, compression)
        plain = stem.with_name(f"{name}.{FORMATS[log_format]}")
        if not plain.exists():
            self._write(stem, self.pool(shape), rows, log_format, "none", traffic)
        path = plain.with_name(plain.name + COMPRESSIONS[compression])
        if not path.exists():
            part = path.with_name(f".{path.name}")
            with plain.open("rb") as content, opened(part, compression) as file:
                shutil.copyfileobj(content, file, 1 << 20)
            part.replace(path)
        return Log(str(path), log_format, compression)

    def _write(
        self, stem: Path, pool: Pool, rows: int, log_format: str, compression: str, traffic: Traffic
    ) -> None:
        part = stem.with_name(f".{stem.name}")
        made = write_log(part, pool, rows, self.seed, log_format, compression, traffic)
        made.replace(made.with_name(made.name.removeprefix(".")))


def own(
    policies: Sequence[str], inventory: Sequence[str], flows: Sequence[str], pod_cidrs: Sequence[str]
) -> Given:
    """Return what a user has: the largest log of each format and compression stands for its kind.

    Raises
    ------
    SourceError
        A log cannot be read, or is of no known format.
    """
    from auditor.flows.options import FlowOptions  # noqa: PLC0415 - generated inputs do without
    from auditor.flows.sniff import EMPTY, recognise  # noqa: PLC0415 - the same
    from auditor.sources.files import find_files  # noqa: PLC0415 - the same

    largest: dict[tuple[str, str], tuple[int, str]] = {}
    for file in find_files(list(flows)):
        found = recognise(file, FlowOptions())
        kind = (found, compression_of(file.read_at(0, HEAD_BYTES), found))
        if found != EMPTY and file.size > largest.get(kind, (0, ""))[0]:
            largest[kind] = (file.size, file.name)
    logs = tuple(Log(name, *kind) for kind, (_, name) in largest.items())
    return Given(tuple(policies), tuple(inventory), logs, tuple(pod_cidrs), "given by the user")


def compression_of(head: bytes, log_format: str) -> str:
    """Return how a log is compressed, by its first bytes."""
    if log_format.endswith(("parquet", "arrow")):
        return "inside"
    codec = codec_of(head) or "none"
    return "bzip2" if codec == "bz2" else codec


def _named(shape: Shape) -> str:
    size = f"{shape.n_policies}p-{shape.n_pods}e-{shape.n_cidrs}c-{shape.n_label_values}l"
    return f"{size}-{shape.v6_share:g}v-{shape.seed}s"
