"""Which kinds of objects are policies, and which of these are judged."""

from __future__ import annotations

from difflib import get_close_matches
from enum import Enum, auto
from functools import lru_cache

from auditor.policies.fields import did_you_mean
from auditor.policies.kubernetes import API_VERSION, KIND


class Role(Enum):
    """What an object of some kind is to this package."""

    JUDGED = auto()
    """A policy that is read and judged."""
    NAMESPACED = auto()
    """A policy that is not judged, and touches pods of its own namespace only."""
    CLUSTER_WIDE = auto()
    """A policy that is not judged, and may touch any pod."""
    STAGED = auto()
    """A policy that enforces nothing."""
    LIST = auto()
    """A list of objects."""
    UNKNOWN = auto()
    """A kind that its group does not have, or a misspelt one."""
    OTHER = auto()
    """No network policy."""


_CALICO = {
    "NetworkPolicy": Role.NAMESPACED,
    "GlobalNetworkPolicy": Role.CLUSTER_WIDE,
    "StagedNetworkPolicy": Role.STAGED,
    "StagedGlobalNetworkPolicy": Role.STAGED,
    "StagedKubernetesNetworkPolicy": Role.STAGED,
}
_ANTREA = {"NetworkPolicy": Role.NAMESPACED, "ClusterNetworkPolicy": Role.CLUSTER_WIDE}
_POLICIES = {
    "networking.k8s.io": {KIND: Role.NAMESPACED},
    "extensions": {KIND: Role.NAMESPACED},
    "policy.networking.k8s.io": {
        "AdminNetworkPolicy": Role.CLUSTER_WIDE,
        "BaselineAdminNetworkPolicy": Role.CLUSTER_WIDE,
        "ClusterNetworkPolicy": Role.CLUSTER_WIDE,
    },
    "cilium.io": {
        "CiliumNetworkPolicy": Role.NAMESPACED,
        "CiliumClusterwideNetworkPolicy": Role.CLUSTER_WIDE,
    },
    "projectcalico.org": _CALICO,
    "crd.projectcalico.org": _CALICO,
    "crd.antrea.io": _ANTREA,
    "security.antrea.tanzu.com": _ANTREA,
    "networking.k8s.aws": {
        "ApplicationNetworkPolicy": Role.NAMESPACED,
        "ClusterNetworkPolicy": Role.CLUSTER_WIDE,
    },
    "networking.gke.io": {"FQDNNetworkPolicy": Role.NAMESPACED},
    "network.openshift.io": {"EgressNetworkPolicy": Role.NAMESPACED},
    "k8s.ovn.org": {"EgressFirewall": Role.NAMESPACED},
    "k8s.cni.cncf.io": {"MultiNetworkPolicy": Role.NAMESPACED},
    "nsx.vmware.com": {"SecurityPolicy": Role.NAMESPACED},
    "crd.nsx.vmware.com": {"SecurityPolicy": Role.NAMESPACED},
}
_OTHER_KINDS = {
    "networking.k8s.io": ("Ingress", "IngressClass", "IPAddress", "ServiceCIDR", "ClusterCIDR"),
    "policy.networking.k8s.io": (),
}
"""The other kinds of groups that hold little but policies: there, an unknown kind is a misspelt one."""

_NEITHER = frozenset(
    {
        "CiliumEgressGatewayPolicy",
        "CiliumLocalRedirectPolicy",
        "CiliumBGPPeeringPolicy",
        "CiliumL2AnnouncementPolicy",
    }
)
"""Kinds called policies that route or translate but never drop."""

_NETWORK_POLICIES = sorted(
    {kind.lower() for kinds in _POLICIES.values() for kind in kinds if kind.endswith("NetworkPolicy")}
)
_IS_MISSPELT = 0.85
"""How alike a kind and that of a policy are if one is meant for the other; ``NetworkPolicyStats`` is not."""


@lru_cache(maxsize=4096)
def role_of(api_version: str, kind: str) -> Role:
    """Return what objects of this kind are.

    A kind whose name ends in ``NetworkPolicy`` is a policy in any group, cluster-wide unless its group says
    otherwise, and one that is nearly the name of a policy is misspelt: what is not understood must not count as
    harmless.
    """
    if kind.endswith("List"):
        return _role_of_list(api_version, kind)
    if (api_version, kind) == (API_VERSION, KIND):
        return Role.JUDGED
    group = api_version.rpartition("/")[0]
    policies = _POLICIES.get(group, {})
    if kind in policies:
        return policies[kind]
    if kind.endswith("NetworkPolicy") or (policies and kind.endswith("Policy") and kind not in _NEITHER):
        return Role.CLUSTER_WIDE
    is_foreign = group in _OTHER_KINDS and kind not in _OTHER_KINDS[group]
    if is_foreign or get_close_matches(kind.lower(), _NETWORK_POLICIES, 1, _IS_MISSPELT):
        return Role.UNKNOWN
    return Role.OTHER


def matters(api_version: str, kind: str) -> bool:
    """Return whether objects of this kind must be read."""
    return role_of(api_version, kind) is not Role.OTHER


def kind_hint(api_version: str, kind: str) -> str:
    """Return a hint at the policy kind that ``kind`` may be meant to be."""
    group = api_version.rpartition("/")[0]
    return did_you_mean(kind, _POLICIES.get(group) or (KIND,))


def _role_of_list(api_version: str, kind: str) -> Role:
    element = kind.removesuffix("List")
    if not element:
        return Role.LIST
    role = role_of(api_version, element)
    return Role.OTHER if role is Role.OTHER else Role.LIST
