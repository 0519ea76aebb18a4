"""What plugins make of policies."""

from __future__ import annotations

import pytest

from auditor.errors import ConfigError
from auditor.ir.model import Address, Endpoint, Inventory, Kind
from auditor.policies.enforcement import find_unenforced
from auditor.policies.load import load_policies
from auditor.policies.plugins import PLUGINS, Consequence, Pattern, find_plugin

HEAD = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web, namespace: shop}\n"
POD = Endpoint(Kind.POD, "shop", "web", {}, (Address(4, 10 << 24 | 1),))
NODE = Endpoint(Kind.NODE, None, "n1", {}, (Address(6, 0xFD << 120),))
SERVICE = Endpoint(Kind.SERVICE, "shop", "web", {}, (Address(4, 11 << 24 | 1),))
CLUSTER = Inventory(endpoints=(POD, NODE, SERVICE))


def found(plugin, spec, inventory=None):
    """Return what a plugin will not enforce of one policy."""
    documents = load_policies([("web.yaml", f"{HEAD}spec: {spec}\n".encode())]).documents
    return [str(problem) for problem in find_unenforced(find_plugin(plugin), documents, inventory)]


def patterns_of(plugin, spec, inventory=None):
    """Return the patterns and the paths of what a plugin will not enforce."""
    return [(line.split(":")[0], line.rsplit(" ", 1)[1]) for line in found(plugin, spec, inventory)]


def block(text):
    """Return an egress spec with one block."""
    return f"{{egress: [{{to: [{{ipBlock: {{{text}}}}}]}}]}}"


def ports(text, direction="ingress"):
    """Return a spec with one rule of these ports."""
    return f"{{{direction}: [{{ports: [{text}]}}]}}"


PORT = "$.spec.ingress[0].ports[0]"
CIDR = "$.spec.egress[0].to[0].ipBlock.cidr"
HOLE = "$.spec.egress[0].to[0].ipBlock.except[0]"
SUBJECT = "{podSelector: {matchExpressions: [{key: a, operator: %s}]}}"
TWO_BLOCKS = (
    "{egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/9]}}, {ipBlock: {cidr: 11.0.0.0/8}}]}]}"
)


@pytest.mark.parametrize(
    ("plugin", "spec", "expected"),
    [
        ("cilium", ports("{port: 1, endPort: 2}"), [(Pattern.END_PORT, PORT)]),
        ("cilium", ports("{protocol: SCTP}"), [(Pattern.SCTP, PORT)]),
        ("cilium", block("cidr: 10.0.0.0/8"), [(Pattern.BLOCK_OVER_PODS, CIDR)]),
        ("cilium", block("cidr: 'fd00::/8'"), [(Pattern.BLOCK_OVER_PODS, CIDR)]),
        ("gke-dataplane-v2", block("cidr: 0.0.0.0/0"), [(Pattern.BLOCK_OVER_PODS, CIDR)]),
        ("aks-cilium", block("cidr: 11.0.0.0/8"), []),
        ("cilium", ports("{port: http}"), []),
        ("weave", ports("{port: http}"), [(Pattern.NAMED_PORT, PORT)]),
        ("weave", ports("{port: 1, endPort: 2}"), [(Pattern.END_PORT, PORT)]),
        ("weave", block("cidr: 10.0.0.0/8, except: [10.1.0.0/16]"), [(Pattern.EGRESS_EXCEPT, HOLE)]),
        ("weave", block("cidr: 'fd00::/8'"), [(Pattern.IPV6_BLOCK, CIDR)]),
        ("romana", "{egress: [{}]}", [(Pattern.EGRESS, "$.spec.egress")]),
        ("romana", "{policyTypes: [Egress]}", [(Pattern.EGRESS, "$")]),
        ("romana", block("cidr: 10.0.0.0/8"), [(Pattern.EGRESS, "$.spec.egress"), (Pattern.BLOCK, CIDR)]),
        ("romana", SUBJECT % "Exists", [(Pattern.EXPRESSIONS, "$")]),
        ("romana", ports("{port: 1, endPort: 2}, {port: a}"), "ports"),
        ("kube-router", ports("{port: http}", "egress"), "named egress"),
        ("kube-router", ports("{port: http}"), []),
        ("kube-router", "{egress: [{to: [{podSelector: {}}], ports: [{port: http}]}]}", []),
        ("kube-router", block("cidr: 10.0.0.0/8, except: [10.1.0.0/16]"), []),
        ("kube-router", TWO_BLOCKS, [(Pattern.EXCEPT_BESIDE_BLOCK, HOLE)]),
        ("kube-router", ports("{protocol: SCTP}"), [(Pattern.SCTP, PORT)]),
        ("kube-router", block("cidr: '::/0'"), [(Pattern.IPV6_BLOCK, CIDR)]),
        ("ovn-kubernetes", ports("{port: http}"), [(Pattern.NAMED_PORT, PORT)]),
        ("aws-vpc-cni", ports("{port: http}"), [(Pattern.NAMED_PORT, PORT)]),
        ("aws-vpc-cni", block("cidr: '::/0'"), [(Pattern.IPV6_BLOCK, CIDR)]),
        ("azure-npm-windows", ports("{port: http}"), [(Pattern.NAMED_PORT, PORT)]),
        ("azure-npm-windows", ports("{protocol: SCTP}"), [(Pattern.SCTP, PORT)]),
        ("azure-npm-windows", SUBJECT % "DoesNotExist", [(Pattern.NEGATIVE_EXPRESSIONS, "$")]),
        ("azure-npm-windows", SUBJECT % "Exists", []),
        ("azure-npm-windows", block("cidr: '::/0', except: ['::/1']"), "both"),
        ("azure-npm-linux", block("cidr: '::/0'"), [(Pattern.IPV6_BLOCK, CIDR)]),
        ("calico", TWO_BLOCKS, []),
        ("antrea", ports("{port: http, protocol: SCTP}"), []),
        ("weave", "{policyTypes: [Egress], ingress: [{ports: [{port: http}]}]}", []),
    ],
)
def test_find_unenforced__meets_the_table(plugin, spec, expected):
    """Each row of the table is met by its pattern, at its place, and by nothing else."""
    by_name = {
        "ports": [(Pattern.END_PORT, PORT), (Pattern.NAMED_PORT, "$.spec.ingress[0].ports[1]")],
        "named egress": [(Pattern.NAMED_EGRESS_PORT_WITHOUT_PEERS, "$.spec.egress[0].ports[0]")],
        "both": [(Pattern.IPV6_BLOCK, CIDR), (Pattern.EXCEPT, HOLE)],
    }
    assert patterns_of(plugin, spec, CLUSTER) == (
        by_name[expected] if isinstance(expected, str) else expected
    )


def test_find_unenforced__says_what_becomes_of_it():
    """A sentence names pattern, plugin with version, consequence, reason and source."""
    assert found("weave", ports("{port: http}")) == [
        (
            "a named port: Weave Net 2.8.1 refuses the policy, as named ports are not supported, and "
            "its pods stay as open "
            "as without it (weaveworks/weave#3032) - at web.yaml[1]:4 $.spec.ingress[0].ports[0]"
        )
    ]


def test_find_unenforced__needs_an_inventory_to_see_pods():
    """Without an inventory nobody knows what a block covers."""
    assert found("cilium", block("cidr: 10.0.0.0/8")) == []


def test_plugins__name_their_sources():
    """No row without a reason and a public source; every consequence and pattern is used."""
    rows = [row for plugin in PLUGINS.values() for row in plugin.deviations]
    assert all(row.reason and row.source for row in rows)
    assert {row.consequence for row in rows} == set(Consequence)
    assert {row.pattern for row in rows} == set(Pattern)
    assert all(name == plugin.name for name, plugin in PLUGINS.items())


def test_find_plugin__knows_names():
    """An unknown name is refused with the known ones."""
    assert find_plugin("weave").title == "Weave Net 2.8.1"
    with pytest.raises(ConfigError) as caught:
        find_plugin("celium")
    assert str(caught.value) == (
        "expected a plugin among `aks-cilium`, `antrea`, `aws-vpc-cni`, `azure-npm-linux`, "
        "`azure-npm-windows`, "
        "`calico`, `canal`, `cilium`, `gke-dataplane-v2`, `kube-router`, `ovn-kubernetes`, `romana`, "
        "`weave`, "
        "came `celium`; did you mean `cilium`"
    )
