"""The demonstration on disk: policies, inventory, flow logs, and a text that says which gap lies where."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from auditor.demo.cluster import make_cluster
from auditor.demo.gaps import GAPS
from auditor.demo.hubble import hubble_events
from auditor.demo.manifests import inventory_document
from auditor.demo.traffic import gap_links, legal_links
from auditor.demo.vpc import rows_without_flows, vpc_flows
from auditor.errors import SinkError

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.demo.cluster import Cluster
    from auditor.demo.traffic import Link

DEFAULT_SEED = 2026
N_ROW_GROUPS = 4


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """What was written.

    Attributes
    ----------
    folder : Path
        Holds everything else.
    policies : Path
        Folder of NetworkPolicies, a file an area.
    inventory : Path
        What ``kubectl get namespaces,nodes,pods,services,endpointslices -A -o json`` would print.
    flows : Path
        Folder of the flow logs, ``vpc`` and ``hubble``.
    vpc : Path
        AWS VPC flow log, Parquet.
    hubble : Path
        Hubble flow log, JSON Lines.
    readme : Path
        Says which gap lies where.
    """

    folder: Path
    policies: Path
    inventory: Path
    flows: Path
    vpc: Path
    hubble: Path
    readme: Path


def write_demo(
    folder: Path, n_flows: int = 1_000_000, n_events: int = 20_000, seed: int = DEFAULT_SEED
) -> DemoFiles:
    """Write the demonstration, replacing files of the same names and touching no others.

    Parameters
    ----------
    folder : Path
        Made if it does not exist.
    n_flows : int
        Flows in the VPC log.
    n_events : int
        Lines of the Hubble log, about; the gaps are always there.
    seed : int
        The same seed and counts write the same bytes.

    Returns
    -------
    DemoFiles
        Where everything is.

    Raises
    ------
    SinkError
        The folder cannot be made or written.
    """
    files = DemoFiles(
        folder=folder,
        policies=folder / "policies",
        inventory=folder / "cluster.json",
        flows=folder / "flows",
        vpc=folder / "flows" / "vpc.parquet",
        hubble=folder / "flows" / "hubble.jsonl",
        readme=folder / "README.txt",
    )
    cluster = make_cluster(seed)
    legal, planted = legal_links(cluster, seed), gap_links(cluster, seed)
    try:
        files.policies.mkdir(parents=True, exist_ok=True)
        files.flows.mkdir(exist_ok=True)
        _write_policies(files.policies)
        files.inventory.write_text(json.dumps(inventory_document(cluster), indent=2) + "\n", encoding="utf-8")
        _write_vpc(files.vpc, cluster, (legal, planted), n_flows, seed)
        with files.hubble.open("w", encoding="utf-8") as log:
            for line in hubble_events(cluster, legal, planted, n_events, seed):
                log.write(json.dumps(line, separators=(",", ":")) + "\n")
        files.readme.write_text(_story(), encoding="utf-8")
    except OSError as error:
        raise SinkError(f"expected a folder to write to, got `{folder}`: {error.strerror}") from error
    return files


def _write_policies(folder: Path) -> None:
    for source in sorted(
        resources.files("auditor.demo").joinpath("policies").iterdir(), key=lambda it: it.name
    ):
        if source.name.endswith(".yaml"):
            (folder / source.name).write_bytes(source.read_bytes())


def _write_vpc(
    path: Path, cluster: Cluster, links: tuple[list[Link], list[Link]], n_flows: int, seed: int
) -> None:
    flows = vpc_flows(cluster, *links, n_flows, seed)
    # Without the Arrow schema, as other programs write Parquet.
    with pq.ParquetWriter(path, flows.schema, compression="zstd", store_schema=False) as writer:
        writer.write_table(flows, row_group_size=max(1, -(-n_flows // N_ROW_GROUPS)))
        writer.write_table(rows_without_flows(cluster))


def _story() -> str:
    lines = [
        "A demonstration cluster, its policies and one hour of its traffic.",
        "",
        "policies/            40 NetworkPolicies",
        "cluster.json         about 300 pods in 12 namespaces on 10 nodes, as kubectl prints them",
        "flows/vpc.parquet    AWS VPC flow log, version 5",
        "flows/hubble.jsonl   Hubble flow log, exported by the nodes",
        "",
        "About 99 % of the traffic is what the policies allow. The rest are these gaps:",
        "",
    ]
    for gap in GAPS:
        logs = [name for name, share in (("VPC", gap.vpc), ("Hubble", gap.events)) if share]
        port = f"{gap.port}/{gap.protocol}" if gap.port else gap.protocol
        lines += [
            f"{gap.name} ({gap.finding}, {' and '.join(logs)} log)",
            f"    {gap.client} -> {gap.server} {port}",
            *textwrap.wrap(gap.story, 100, initial_indent="    ", subsequent_indent="    "),
            "",
        ]
    lines += [
        "Not gaps, but worth a look: finished Jobs in payments whose addresses other pods hold now, pods on",
        "the host network, nodes probing their own pods, and lines in which Hubble says that it lost events.",
    ]
    return "\n".join(lines) + "\n"
