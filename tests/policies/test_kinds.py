"""Which objects are policies."""

from __future__ import annotations

import pytest

from auditor.policies.kinds import Role, matters, role_of

CILIUM, CALICO = "cilium.io/v2", "projectcalico.org/v3"


@pytest.mark.parametrize(
    ("api_version", "kind", "role"),
    [
        ("networking.k8s.io/v1", "NetworkPolicy", Role.JUDGED),
        ("networking.k8s.io/v1beta1", "NetworkPolicy", Role.NAMESPACED),
        ("extensions/v1beta1", "NetworkPolicy", Role.NAMESPACED),
        ("v1", "NetworkPolicy", Role.CLUSTER_WIDE),
        ("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy", Role.CLUSTER_WIDE),
        ("policy.networking.k8s.io/v1alpha1", "BaselineAdminNetworkPolicy", Role.CLUSTER_WIDE),
        ("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy", Role.CLUSTER_WIDE),
        (CILIUM, "CiliumNetworkPolicy", Role.NAMESPACED),
        (CILIUM, "CiliumClusterwideNetworkPolicy", Role.CLUSTER_WIDE),
        (CILIUM, "CiliumSomethingPolicy", Role.CLUSTER_WIDE),
        (CILIUM, "CiliumEgressGatewayPolicy", Role.OTHER),
        (CILIUM, "CiliumEndpoint", Role.OTHER),
        (CALICO, "NetworkPolicy", Role.NAMESPACED),
        ("crd.projectcalico.org/v1", "GlobalNetworkPolicy", Role.CLUSTER_WIDE),
        (CALICO, "StagedNetworkPolicy", Role.STAGED),
        (CALICO, "StagedGlobalNetworkPolicy", Role.STAGED),
        (CALICO, "StagedKubernetesNetworkPolicy", Role.STAGED),
        (CALICO, "Tier", Role.OTHER),
        ("crd.antrea.io/v1beta1", "NetworkPolicy", Role.NAMESPACED),
        ("crd.antrea.io/v1beta1", "ClusterNetworkPolicy", Role.CLUSTER_WIDE),
        ("k8s.ovn.org/v1", "EgressFirewall", Role.NAMESPACED),
        ("example.com/v1", "MyNetworkPolicy", Role.CLUSTER_WIDE),
        ("networking.k8s.io/v1", "NetworkPolcy", Role.UNKNOWN),
        ("networking.k8s.io/v1", "networkpolicy", Role.UNKNOWN),
        ("policy.networking.k8s.io/v1alpha2", "ClusterPolicy", Role.CLUSTER_WIDE),
        ("policy.networking.k8s.io/v1alpha2", "Tier", Role.UNKNOWN),
        ("networking.k8s.io/v1", "Ingress", Role.OTHER),
        ("v1", "networkPolicy", Role.UNKNOWN),
        (CILIUM, "CiliumNetworkPolicyy", Role.UNKNOWN),
        (CILIUM, "CiliumL2AnnouncementPolicy", Role.OTHER),
        ("stats.antrea.io/v1alpha1", "NetworkPolicyStats", Role.OTHER),
        ("policy/v1beta1", "PodSecurityPolicy", Role.OTHER),
        ("v1", "Pod", Role.OTHER),
        ("v1", "Namespace", Role.OTHER),
        ("policy/v1", "PodDisruptionBudget", Role.OTHER),
        ("kyverno.io/v1", "ClusterPolicy", Role.OTHER),
        ("v1", "List", Role.LIST),
        ("networking.k8s.io/v1", "NetworkPolicyList", Role.LIST),
        (CILIUM, "CiliumNetworkPolicyList", Role.LIST),
        ("v1", "PodList", Role.OTHER),
    ],
)
def test_role_of__knows_policies(api_version, kind, role):
    """Policies of every known group are told apart, and an unknown one is never taken for harmless."""
    assert role_of(api_version, kind) is role
    assert matters(api_version, kind) is (role is not Role.OTHER)
