"""The demonstration, made once for all tests of it, and the oracle over it."""

from __future__ import annotations

import ipaddress
import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from auditor.demo.cluster import make_cluster
from auditor.demo.manifests import inventory_document
from auditor.inventory.load import load_inventory
from auditor.ir.evaluate import evaluate
from auditor.ir.model import Address, Connection
from auditor.policies.load import load_policies

if TYPE_CHECKING:
    from auditor.demo.cluster import Cluster
    from auditor.demo.traffic import Link
    from auditor.inventory.load import LoadedInventory
    from auditor.ir.evaluate import Judgement
    from auditor.policies.load import LoadedPolicies

SEED = 11
NUMBERS = {"ICMP": 1, "TCP": 6, "UDP": 17, "SCTP": 132}


@cache
def cluster() -> Cluster:
    """Return the cluster."""
    return make_cluster(SEED)


@cache
def inventory() -> LoadedInventory:
    """Return the inventory as the auditor reads it."""
    return load_inventory([("cluster.json", json.dumps(inventory_document(cluster())).encode())])


@cache
def policies() -> LoadedPolicies:
    """Return the policies as the auditor reads them."""
    folder = resources.files("auditor.demo").joinpath("policies")
    return load_policies([(source.name, source.read_bytes()) for source in folder.iterdir()])


def address(text: str) -> Address:
    """Return an address of the ir."""
    parsed = ipaddress.ip_address(text)
    return Address(parsed.version, int(parsed))


def judge(link: Link) -> Judgement:
    """Ask the oracle about a link."""
    ends = address(link.client.address), address(link.server.address)
    connection = Connection(*ends, NUMBERS[link.protocol], link.port)
    return evaluate(inventory().inventory, policies().policies, connection)
