"""Case folders of the corpora: a cluster, its policies, and verdicts that somebody else's engine gave.

A folder dropped anywhere below ``policies/`` with the files of one of the forms below is found by itself.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import NamedTuple

from auditor.inventory.load import load_inventory
from auditor.ir.model import SCTP, TCP, UDP, Connection, Inventory, PolicySet, Switches, Verdict
from auditor.policies.load import load_policies
from tests.worlds import connection

SHARED = Path(__file__).parents[2].parent / "shared"
CORPORA = SHARED / "corpora"
ABSENT = "the corpora folder is absent"
PROTOCOLS = {"TCP": TCP, "UDP": UDP, "SCTP": SCTP}
SWITCHES = Switches(own_node="judge")
"""The expected verdicts make no exemption for a pod's own node."""

_KIND = re.compile(r"^kind: *(\w+)", re.MULTILINE)


class Expected(NamedTuple):
    """A connection, and whether egress of its source and ingress of its destination deny it."""

    connection: Connection
    denied: tuple[bool, bool]


def folders(expected: str, *, plain: bool) -> list[Path]:
    """Return the case folders that hold a file ``expected``, in order.

    ``plain`` chooses those whose policies are NetworkPolicies only; its opposite, those with others among them.
    """
    found = sorted(path.parent for path in CORPORA.glob(f"policies/**/{expected}"))
    return [folder for folder in found if (_kinds(folder) <= {"NetworkPolicy"}) is plain]


def name_of(folder: Path) -> str:
    """Return the name of a case in test ids."""
    return folder.relative_to(CORPORA / "policies").as_posix()


def world(folder: Path, *, allow_unsupported: bool = False) -> tuple[Inventory, PolicySet]:
    """Return cluster and policies of a case."""
    cluster, policies = folder / "cluster.yaml", folder / "policies.yaml"
    loaded = load_policies([(str(policies), policies.read_bytes())], allow_unsupported=allow_unsupported)
    return load_inventory([(str(cluster), cluster.read_bytes())]).inventory, loaded.policies


def listed(folder: Path) -> list[Expected]:
    """Return the rows of ``expected.csv``; an address of no pod is external, its own side reads ``allow``."""
    with (folder / "expected.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    words = {"allow": False, "deny": True}
    found = []
    for row in rows:
        sides = words[row["egress_of_src"]], words[row["ingress_of_dst"]]
        assert any(sides) is words[row["verdict"]], "the case contradicts itself"
        ends = row["src_ip"], row["dst_ip"]
        found.append(Expected(connection(*ends, PROTOCOLS[row["protocol"]], int(row["dst_port"])), sides))
    return found


def matrix(folder: Path) -> list[Expected]:
    """Return the cells of ``expected.txt``, self-connections left out.

    The line ``pods:`` names the columns; each block is a ``PROTO/port``, each of its lines a source, each cell two
    letters: ingress of the destination, egress of the source.
    """
    inventory, _ = world(folder)
    pods = {f"{pod.namespace}/{pod.name}": pod.addresses[0] for pod in inventory.endpoints if pod.addresses}
    columns: list[str] = []
    protocol, port = "", 0
    found = []
    for line in (folder / "expected.txt").read_text(encoding="utf-8").splitlines():
        words = line.split()
        if not words or line.startswith("#"):
            continue
        if words[0] == "pods:":
            columns = words[1:]
        elif len(words) == 1:
            protocol, _, number = words[0].partition("/")
            port = int(number)
        else:
            for column, cell in zip(columns, words[1:], strict=True):
                if words[0] == column:
                    assert cell == "..", "a self-connection is not judged"
                    continue
                ingress, egress = ({"A": False, "D": True}[letter] for letter in cell)
                ends = pods[words[0]], pods[column]
                found.append(Expected(Connection(*ends, PROTOCOLS[protocol], port), (egress, ingress)))
    return found


def is_denied(verdict: Verdict) -> bool:
    """Return a side as the corpora write it; they know no unknown."""
    assert verdict is not Verdict.UNKNOWN
    return verdict is Verdict.DENIED


def _kinds(folder: Path) -> set[str]:
    return set(_KIND.findall((folder / "policies.yaml").read_text(encoding="utf-8")))
