"""What the API server refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.errors import PolicyError
from auditor.policies.load import load_policies

HEAD = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
NAMED = HEAD + "metadata: {name: web, namespace: shop}\n"
BLOCKS = (Path(__file__).parent / "broken_policies.txt").read_text(encoding="utf-8").strip().split("\n\n")
BROKEN = [block.split("\n> ") for block in BLOCKS if not block.startswith("#")]


def problems_of(text: str) -> list[str]:
    """Return everything that is wrong with one file."""
    with pytest.raises(PolicyError) as caught:
        load_policies([("web.yaml", text.encode())])
    return str(caught.value).split("\n")


@pytest.mark.parametrize(("text", "expected"), [(text, expected) for text, *expected in BROKEN])
def test_validate__names_what_is_wrong(text, expected):
    """Each refusal of the API server is a sentence with its place."""
    head = HEAD if text.startswith("metadata") else NAMED
    assert problems_of(head + text + "\n") == expected


def test_broken_policies__are_many():
    """The table holds every rule more than once."""
    assert len(BROKEN) > 90


def test_validate__collects_every_problem():
    """The first problem hides none of the others, and each has its own line."""
    text = NAMED + (
        "spec:\n  podSelector: {matchLabel: {}}\n  policyTypes: [Both]\n"
        "  ingress:\n  - ports:\n    - port: 0\n      protocol: tcp\n    from:\n    - {}\n"
    )
    assert problems_of(text) == [
        (
            "field `matchLabel` is not known here; did you mean `matchLabels` - at web.yaml[1]:5 "
            "$.spec.podSelector.matchLabel"
        ),
        "expected `Ingress` or `Egress`, came `Both` - at web.yaml[1]:6 $.spec.policyTypes[0]",
        (
            "expected a port from `1` to `65535`, came integer `0` - at web.yaml[1]:9 "
            "$.spec.ingress[0].ports[0].port"
        ),
        (
            "expected protocol `TCP`, `UDP` or `SCTP`, came `tcp`; did you mean `TCP` - at web.yaml[1]:10 "
            "$.spec.ingress[0].ports[0].protocol"
        ),
        (
            "expected `podSelector`, `namespaceSelector` or `ipBlock` in a peer, came none - at "
            "web.yaml[1]:12 $.spec.ingress[0].from[0]"
        ),
    ]


ACCEPTED = [
    "spec: {policyTypes: [Ingress, Ingress]}",
    "spec: {podSelector: {matchLabels: {app: ''}}}",
    "spec: {podSelector: {matchLabels: {example.com/App_1.x: A.b_c-1}}}",
    "spec: {ingress: [{ports: [{port: 80, endPort: 80}]}]}",
    "spec: {ingress: [{ports: [{port: 1}, {port: 65535, protocol: SCTP}, {port: a-1, protocol: UDP}, {}]}]}",
    "spec: {ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [0.0.0.0/1]}}]}]}",
    "spec: {podSelector: null, ingress: null, egress: null, policyTypes: null}",
    "spec: {ingress: [{from: null, ports: null}]}",
    "spec: {podSelector: {matchExpressions: [{key: a, operator: Exists, values: []}]}}",
    "status: {conditions: []}",
    "spec: null",
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_validate__takes_what_the_api_takes(text):
    """Odd but valid policies load."""
    assert load_policies([("web.yaml", (NAMED + text).encode())]).n_documents == 1


def test_validate__reads_metadata_leniently():
    """What a cluster adds to an object is no problem, and an empty namespace is none."""
    metadata = (
        "metadata: {name: a.b, namespace: '', uid: x, resourceVersion: '1', generation: 1, "
        "managedFields: [], creationTimestamp: 2024-01-01T00:00:00Z, "
        "annotations: {Example.com/Note: 'ü: x'}}\n"
    )
    loaded = load_policies([("web.yaml", (HEAD + metadata).encode())])
    assert [(policy.namespace, policy.name) for policy in loaded.policies.policies] == [("default", "a.b")]
