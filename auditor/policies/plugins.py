"""What network plugins make of a policy, where that differs from the API.

Every row names where it is known from. A plugin without rows is one that no difference is known of, which is
no proof that there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from auditor.errors import ConfigError
from auditor.policies.fields import did_you_mean
from auditor.policies.nodes import quoted


class Pattern(StrEnum):
    """Something in a policy that a plugin may read in its own way."""

    BLOCK_OVER_PODS = "an ipBlock that covers pods or nodes"
    END_PORT = "`endPort`"
    NAMED_PORT = "a named port"
    NAMED_EGRESS_PORT_WITHOUT_PEERS = "a named port in an egress rule without `to`"
    EGRESS = "isolation of egress"
    EXCEPT = "`except`"
    EXCEPT_BESIDE_BLOCK = "`except` beside another ipBlock of its rule"
    EGRESS_EXCEPT = "`except` in an egress rule"
    EXPRESSIONS = "`matchExpressions`"
    NEGATIVE_EXPRESSIONS = "operators `NotIn` and `DoesNotExist`"
    SCTP = "protocol `SCTP`"
    BLOCK = "an ipBlock"
    IPV6_BLOCK = "an IPv6 block"


class Consequence(StrEnum):
    """What becomes of it."""

    SHUT = "denies what the policy allows"
    OPEN = "allows what the policy denies"
    REFUSED = "refuses the policy"
    IGNORED = "ignores it"
    DEPENDS = "enforces it only in some versions or settings"


@dataclass(frozen=True, slots=True)
class Deviation:
    """One row of the table.

    Attributes
    ----------
    pattern : Pattern
        What in a policy it is about.
    consequence : Consequence
        What becomes of it.
    reason : str
        How that comes about.
    source : str
        Where it is known from.
    """

    pattern: Pattern
    consequence: Consequence
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class Plugin:
    """A network plugin at the version its rows are known for."""

    name: str
    title: str
    deviations: tuple[Deviation, ...] = ()


_CILIUM_BLOCKS = Deviation(
    Pattern.BLOCK_OVER_PODS,
    Consequence.SHUT,
    "blocks match only addresses outside of the cluster, unless policy-cidr-match-mode says otherwise",
    "cilium/cilium#9209, #20550, #45194",
)
_CILIUM = (
    _CILIUM_BLOCKS,
    Deviation(
        Pattern.END_PORT,
        Consequence.DEPENDS,
        "versions of Cilium before 1.16 open only the first port of the range",
        "cilium/cilium#16622, #28684, #33389",
    ),
    Deviation(
        Pattern.SCTP,
        Consequence.DEPENDS,
        "SCTP support must be switched on, and SCTP behind a Service does not work",
        "cilium/cilium#5719, #20033, #35238",
    ),
)
_WINDOWS_SOURCE = "Azure/azure-container-networking npm/pkg/controlplane/translation/translatePolicy.go"


def _refused(pattern: Pattern) -> Deviation:
    return Deviation(pattern, Consequence.REFUSED, "its translation ends with an error", _WINDOWS_SOURCE)


def _unread(pattern: Pattern) -> Deviation:
    source = "romana/core listener/translate.go at 6139692"
    return Deviation(pattern, Consequence.IGNORED, "its translation reads ingress from labels only", source)


PLUGINS = {
    plugin.name: plugin
    for plugin in (
        Plugin("antrea", "Antrea 2"),
        Plugin(
            "aws-vpc-cni",
            "AWS VPC CNI with network policy agent (2026-08)",
            (
                Deviation(
                    Pattern.NAMED_PORT,
                    Consequence.SHUT,
                    "the name of an ingress port is looked up in the source pod, so its rule may be missing",
                    "aws/amazon-network-policy-controller-k8s#71, #81, aws/aws-network-policy-agent#193",
                ),
                Deviation(
                    Pattern.IPV6_BLOCK,
                    Consequence.IGNORED,
                    "a cluster is secured for one IP version; the other is left open",
                    "aws/aws-network-policy-agent#408",
                ),
            ),
        ),
        Plugin("azure-npm-linux", "Azure NPM on Linux", (_refused(Pattern.IPV6_BLOCK),)),
        Plugin(
            "azure-npm-windows",
            "Azure NPM on Windows",
            tuple(
                _refused(pattern)
                for pattern in (
                    Pattern.NAMED_PORT,
                    Pattern.EXCEPT,
                    Pattern.NEGATIVE_EXPRESSIONS,
                    Pattern.SCTP,
                    Pattern.IPV6_BLOCK,
                )
            ),
        ),
        Plugin("calico", "Calico 3.32"),
        Plugin("canal", "Canal, which is Calico policy on flannel"),
        Plugin("cilium", "Cilium 1.19", _CILIUM),
        Plugin("aks-cilium", "Azure CNI powered by Cilium", _CILIUM),
        Plugin("gke-dataplane-v2", "GKE Dataplane V2", _CILIUM),
        Plugin(
            "kube-router",
            "kube-router 2.9",
            (
                Deviation(
                    Pattern.NAMED_EGRESS_PORT_WITHOUT_PEERS,
                    Consequence.SHUT,
                    "the name is looked up in pods of the policy's own namespace only",
                    "kube-router pkg/controllers/netpol/policy.go at 7c2c277",
                ),
                Deviation(
                    Pattern.EXCEPT_BESIDE_BLOCK,
                    Consequence.SHUT,
                    "all blocks of a rule share one set, in which the longest prefix wins",
                    "kube-router pkg/controllers/netpol/policy.go at 7c2c277",
                ),
                Deviation(
                    Pattern.SCTP,
                    Consequence.DEPENDS,
                    "the protocol is handed to iptables as it is, and its support is an open question",
                    "cloudnativelabs/kube-router#1019",
                ),
                Deviation(
                    Pattern.IPV6_BLOCK,
                    Consequence.DEPENDS,
                    "blocks of an IP version that is not switched on are left out",
                    "cloudnativelabs/kube-router docs/ipv6.md",
                ),
            ),
        ),
        Plugin(
            "ovn-kubernetes",
            "OVN-Kubernetes (code of 2024-12)",
            (
                Deviation(
                    Pattern.NAMED_PORT,
                    Consequence.OPEN,
                    "a name is read as every port of its protocol",
                    "ovn-kubernetes/ovn-kubernetes#2117, pkg/ovn/gress_policy.go at 6c366bb",
                ),
            ),
        ),
        Plugin(
            "romana",
            "Romana 2.0.2",
            tuple(
                _unread(pattern)
                for pattern in (
                    Pattern.EGRESS,
                    Pattern.BLOCK,
                    Pattern.END_PORT,
                    Pattern.NAMED_PORT,
                    Pattern.EXPRESSIONS,
                )
            ),
        ),
        Plugin(
            "weave",
            "Weave Net 2.8.1",
            (
                Deviation(
                    Pattern.NAMED_PORT,
                    Consequence.REFUSED,
                    "named ports are not supported, and its pods stay as open as without it",
                    "weaveworks/weave#3032",
                ),
                Deviation(
                    Pattern.END_PORT,
                    Consequence.SHUT,
                    "only the first port of the range is opened",
                    "weaveworks/weave npc/analyser.go at 8c84763",
                ),
                Deviation(
                    Pattern.EGRESS_EXCEPT,
                    Consequence.OPEN,
                    "a pod still reaches the address of its own node",
                    "weaveworks/weave#3924",
                ),
                Deviation(
                    Pattern.IPV6_BLOCK, Consequence.IGNORED, "there is no IPv6", "weaveworks/weave#19, #3849"
                ),
            ),
        ),
    )
}
"""Every plugin by the name a user gives."""


def find_plugin(name: str) -> Plugin:
    """Return the plugin of this name.

    Raises
    ------
    ConfigError
        No plugin has this name.
    """
    if name not in PLUGINS:
        known = ", ".join(f"`{plugin}`" for plugin in sorted(PLUGINS))
        raise ConfigError(
            f"expected a plugin among {known}, came {quoted(name)}{did_you_mean(name, PLUGINS)}"
        )
    return PLUGINS[name]
