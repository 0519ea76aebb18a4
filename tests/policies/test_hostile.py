"""Broken and hostile texts end in a sentence, never in a crash."""

from __future__ import annotations

import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import PolicyError
from auditor.policies.limits import Limits
from auditor.policies.load import load_policies

SEED = """\
%YAML 1.1
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, labels: &labels {app: "web"}}
spec:
  podSelector: {matchLabels: *labels}
  policyTypes: [Ingress, Egress]
  ingress:
  - from:
    - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}
    - namespaceSelector: {}
      podSelector: {matchExpressions: [{key: a, operator: In, values: [b]}]}
    ports:
    - {port: 80, endPort: 90, protocol: TCP}
    - {port: http}
...
---
apiVersion: v1
kind: List
items: [{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: a}}]
"""
POLICY = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "web"}}
JSON_SEED = json.dumps(
    {"apiVersion": "v1", "kind": "List", "items": [POLICY, {"type": "ADDED", "object": POLICY}]}
)
PIECES = [
    b"\x00",
    b"\xff",
    b"[",
    b"{",
    b"]",
    b"}",
    b"- ",
    b"? ",
    b": ",
    b"*a",
    b"&a ",
    b"<<: ",
    b"!!int ",
    b"---\n",
]
PIECES += [
    b"...\n",
    b"%TAG ! x\n",
    b"|\n",
    b'"',
    b"\\u",
    b"\n",
    b"\t",
    b"#",
    b"null",
    b"1e999",
    b"9" * 5_000,
    b"\xc2\x85",
]


@st.composite
def broken(draw, seed):
    """Return a text with a few bytes cut out, repeated or put in."""
    text = seed.encode()
    for _ in range(draw(st.integers(1, 4))):
        first = draw(st.integers(0, len(text)))
        last = min(len(text), first + draw(st.integers(0, 40)))
        piece = draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=3)))
        text = text[:first] + piece * draw(st.sampled_from([1, 1, 1, 100])) + text[last:]
    return text


@given(broken(SEED), st.booleans())
def test_load_policies__survives_broken_yaml(text, allow_unsupported):
    """Any mutation of a stream loads or is refused, each problem on one line."""
    with suppress(PolicyError):
        load_policies([("f", text)], allow_unsupported=allow_unsupported)


@given(broken(JSON_SEED), st.sampled_from([0, 1 << 20]))
def test_load_policies__survives_broken_json(text, whole_json_bytes):
    """Any mutation of a list loads or is refused, read whole or the quick way."""
    problems = ()
    try:
        load_policies([("f", text)], limits=Limits(whole_json_bytes=whole_json_bytes))
    except PolicyError as error:
        problems = error.problems
    assert [problem for problem in problems if not str(problem).isprintable()] == []
