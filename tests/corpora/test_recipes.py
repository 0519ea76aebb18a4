"""The recipes from which people learn network policies, as cases with the verdict the tutorial shows."""

from __future__ import annotations

import json

import pytest
import yaml

from auditor.inventory.load import load_inventory
from auditor.ir.model import Connection, Switches, Verdict
from auditor.policies.load import load_policies
from tests.corpora.cases import PROTOCOLS, SHARED
from tests.engines import ENGINES
from tests.worlds import address

RECIPES = SHARED / "spec" / "recipes.yaml"
if not RECIPES.exists():
    pytest.skip("the recipes file is absent", allow_module_level=True)

CONTENT = yaml.safe_load(RECIPES.read_text(encoding="utf-8"))
CASES = CONTENT["cases"]


def test_recipes__are_all_there():
    """The file holds the cases it held when this was written, or more."""
    assert len(CASES) >= 74


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_recipes__have_their_verdicts(case, engine):
    """Labels are those `kubectl run` gives, ports the pod's, policies without a namespace in `default`."""
    ends = {"10.0.0.1": case["source"], "10.0.0.2": case["dest"]}
    inventory = load_inventory([("cluster.json", cluster(ends))]).inventory
    documents = [CONTENT["policies"][name] for name in case["policies"]]
    policies = load_policies([("policies.yaml", yaml.safe_dump_all(documents).encode())]).policies
    source, destination = (address(end.get("ip", held)) for held, end in ends.items())
    flow = Connection(source, destination, PROTOCOLS[case["protocol"]], case["dest_port"])
    [(egress, ingress)] = ENGINES[engine](inventory, policies, [flow], Switches())
    sides = egress.verdict, ingress.verdict
    assert Verdict.UNKNOWN not in sides
    assert (Verdict.DENIED in sides) is (case["expected"] == "deny"), (case, sides)


def cluster(ends):
    """Return all namespaces of the recipes, and a pod for each end that is one, as `kubectl` prints them."""
    objects = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        for name, labels in CONTENT["namespaces"].items()
    ]
    for number, (held, end) in enumerate(ends.items()):
        if "ip" not in end:
            metadata = {"name": f"pod-{number}", "namespace": end["namespace"], "labels": end["labels"]}
            status = {"phase": "Running", "podIP": held}
            objects.append({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "status": status})
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}).encode()
