"""Golden cases: a folder each, and the ways to write the same case differently."""

from __future__ import annotations

import csv
import random
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

FOLDERS = sorted(path.parent for path in Path(__file__).parent.glob("*/policies.yaml"))
NAME_LABEL = "kubernetes.io/metadata.name"
DEFAULTS: dict[str, Any] = {
    "own_node": "allow",
    "other_protocols": "strict",
    "replies": "as-recorded",
    "allow_unsupported": False,
    "pod_networks": [],
}
Documents = list[dict[str, Any]]
Row = dict[str, str]


@dataclass(frozen=True)
class Case:
    """A case as parsed documents and rows; ``expected`` has a row a flow.

    ``is_ordered`` says whether policies still stand in the order that numbers rules, so that where several rules
    match the first of them is still the first.
    """

    cluster: Documents
    policies: Documents
    flows: list[Row]
    expected: list[Row]
    options: dict[str, Any]
    is_ordered: bool = True


def read(folder: Path) -> Case:
    """Read a case."""
    options = folder / "options.yaml"
    chosen = yaml.safe_load(options.read_text(encoding="utf-8")) if options.exists() else {}
    assert chosen.keys() <= DEFAULTS.keys()
    return Case(
        _documents(folder / "cluster.yaml"),
        _documents(folder / "policies.yaml"),
        _rows(folder / "flows.csv"),
        _rows(folder / "expected.csv"),
        DEFAULTS | chosen,
    )


def _documents(path: Path) -> Documents:
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def as_written(case: Case) -> Case:
    """Return the case itself."""
    return case


def shuffled(case: Case) -> Case:
    """Put policies and objects of the cluster in another order."""
    order = random.Random(0)
    policies, cluster = list(case.policies), list(case.cluster)
    order.shuffle(policies)
    order.shuffle(cluster)
    return replace(case, policies=policies[::-1], cluster=cluster)


def duplicated(case: Case) -> Case:
    """Write every document twice."""
    return replace(
        case, policies=case.policies * 2, cluster=[each for each in case.cluster for _ in range(2)]
    )


def flows_reversed(case: Case) -> Case:
    """Read the log from its end."""
    return replace(case, flows=case.flows[::-1], expected=case.expected[::-1])


def renamed(case: Case) -> Case:
    """Give namespaces, pods, nodes, services and policies other names that sort as the old ones do."""
    return _rename(case, {name: f"m{name}" for name in _names(case)})


def renamed_backwards(case: Case) -> Case:
    """Give all of them other names that sort the other way round: rules change their numbers."""
    names = sorted(_names(case), reverse=True)
    found = _rename(case, {name: f"m{place:03}" for place, name in enumerate(names)})
    return replace(found, is_ordered=False)


def with_strangers(case: Case) -> Case:
    """Add a namespace with pods of well-known labels, deny-all policies and rules of its own.

    It sorts first, so that all rules get other numbers. Its pods declare no ports: what listens in a cluster may
    decide who opened a connection, wherever it listens.
    """
    name = "aaa"
    cluster: Documents = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"x": "y"}}}
    ]
    for number, app in enumerate(("web", "db", "job")):
        held = {
            "podIP": f"198.18.0.{number}",
            "podIPs": [{"ip": f"198.18.0.{number}"}, {"ip": f"2001:2::{number}"}],
        }
        cluster.append(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": app, "namespace": name, "labels": {"app": app}},
                "status": {"phase": "Running", **held},
            }
        )
    both = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    ports = [{"port": 80, "endPort": 9000}, {"port": 443}, {"protocol": "UDP", "port": 53}]
    blocks = [{"ipBlock": {"cidr": "10.0.0.0/16", "except": ["10.0.0.0/29"]}}, {"ipBlock": {"cidr": "::/1"}}]
    policies: Documents = [_policy(name, "deny", both)]
    policies.append(_policy(name, "some", {**both, "ingress": [{"from": blocks, "ports": ports}, {}]}))
    policies.append(
        _policy(name, "out", {**both, "egress": [{"to": [{"namespaceSelector": {}}], "ports": ports}]})
    )
    return replace(case, cluster=[*case.cluster, *cluster], policies=[*policies, *case.policies])


def everything(case: Case) -> Case:
    """Do all of it at once."""
    return shuffled(with_strangers(duplicated(flows_reversed(renamed(case)))))


# What expansion cannot see: a mistake that stays the same however a case is written, such as a wrong default, or an
# expected verdict that is itself wrong; which of several matching rules is named once their order has changed; the
# text of the files, for documents are parsed and written anew (comments, anchors, JSON, several files); the size of
# anything; strangers that listen on ports, run on the same nodes, hold addresses of the pod networks or carry a policy
# of another kind, for those may rightly change a verdict.
EXPANSIONS = (
    as_written,
    shuffled,
    duplicated,
    flows_reversed,
    renamed,
    renamed_backwards,
    with_strangers,
    everything,
)


def _policy(namespace: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def _names(case: Case) -> set[str]:
    """Return all names; ``default`` keeps its own, for documents without a namespace mean it."""
    found = set()
    for document in (*case.cluster, *case.policies):
        metadata = document["metadata"]
        found |= {metadata["name"], metadata.get("namespace", "default")}
        found.add((document.get("spec") or {}).get("nodeName", "default"))
    return found - {"default"}


def _rename(case: Case, to: dict[str, str]) -> Case:
    cluster, policies = deepcopy(case.cluster), deepcopy(case.policies)
    for document in (*cluster, *policies):
        metadata, spec = document["metadata"], document.get("spec") or {}
        for holder, key in ((metadata, "name"), (metadata, "namespace"), (spec, "nodeName")):
            if key in holder:
                holder[key] = to.get(holder[key], holder[key])
        _rename_labels(document, to)
    expected = [
        {**row, **{key: _rename_rule(row[key], to) for key in ("egress_rule", "ingress_rule")}}
        for row in case.expected
    ]
    return replace(case, cluster=cluster, policies=policies, expected=expected)


def _rename_labels(part: Any, to: dict[str, str]) -> None:
    """Follow the names into the label that repeats them, in labels and in selectors."""
    if isinstance(part, list):
        for each in part:
            _rename_labels(each, to)
    elif isinstance(part, dict):
        if NAME_LABEL in part:
            part[NAME_LABEL] = to.get(part[NAME_LABEL], part[NAME_LABEL])
        if part.get("key") == NAME_LABEL:
            part["values"] = [to.get(value, value) for value in part.get("values", ())]
        for each in part.values():
            _rename_labels(each, to)


def _rename_rule(rule: str, to: dict[str, str]) -> str:
    """Rename ``kind/namespace/name:direction[index]``."""
    if not rule:
        return rule
    kind, namespace, rest = rule.split("/")
    name, _, place = rest.partition(":")
    return f"{kind}/{to.get(namespace, namespace)}/{to.get(name, name)}:{place}"
