"""`auditor explain`: the verdict on one connection, and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from auditor.cli.explain import REASONS
from auditor.ir.model import Reason
from tests.console import auditor
from tests.small_cluster import POLICY, SOUND

ALLOWED = """\
ALLOWED  pod shop/web (10.0.0.1) -> pod shop/db (10.0.0.2) port 5432/TCP

egress   allowed: no policy isolates this pod for this direction

ingress  allowed: allowed by a rule
         rule      NetworkPolicy/shop/db:ingress[0]
         written   policies.yaml[1]:8 $.spec.ingress[0]
         policies  NetworkPolicy/shop/db
"""
DENIED = """\
DENIED  198.51.100.9 (outside the cluster) -> pod shop/db (10.0.0.2) port 22/TCP

egress   not-applicable: this end is no pod: policies do not bind it

ingress  denied: isolated, and no rule of the isolating policies matches
         policies  NetworkPolicy/shop/db
         missed    NetworkPolicy/shop/db:ingress[0] - at policies.yaml[1]:8 $.spec.ingress[0]
                   selectors match pods only, and this address is no pod's
                   port `22/TCP` is not `5432/TCP`
"""
UNKNOWN = """\
UNKNOWN  10.0.0.99 (inside the pod networks, no pod known) -> pod shop/db (10.0.0.2) port 5432/TCP

egress   unknown: an address inside the pod networks that no pod of the inventory holds

ingress  unknown: an address inside the pod networks that no pod of the inventory holds
         policies  NetworkPolicy/shop/db
"""
LABELS = """\
         missed    NetworkPolicy/shop/other:ingress[0] - at other.yaml[1]:8 $.spec.ingress[0]
                   pod `shop/web`: label `app` is `web`, expected one of `a`, `b`
         missed    NetworkPolicy/shop/other:ingress[1] - at other.yaml[1]:9 $.spec.ingress[1]
                   namespace `shop`: label `team` is absent, expected `shop`
         missed    NetworkPolicy/shop/other:ingress[2] - at other.yaml[1]:10 $.spec.ingress[2]
                   `10.0.0.1` lies in the exception `10.0.0.0/24`
         missed    NetworkPolicy/shop/db:ingress[0] - at policies.yaml[1]:8 $.spec.ingress[0]
                   port `22/TCP` is not `5432/TCP`
"""
OTHER = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: other, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress]
  ingress:
  - from: [{podSelector: {matchExpressions: [{key: app, operator: In, values: [a, b]}]}}]
  - from: [{namespaceSelector: {matchLabels: {team: shop}}}]
  - from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/24]}}]
"""


def explained(*arguments, files=SOUND):
    """Ask; the answer alone."""
    ended = auditor("explain", *files, *arguments)
    assert (ended.code, ended.err) == (0, "")
    return ended.out


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (("10.0.0.1", "10.0.0.2", "5432/TCP"), ALLOWED),
        (("shop/web", "shop/db", "5432"), ALLOWED),
        (("shop/web", "10.0.0.2", "5432/6"), ALLOWED),
        (("::ffff:10.0.0.1", "shop/db", "5432/tcp"), ALLOWED),
        (("198.51.100.9", "shop/db", "22/TCP"), DENIED),
        (("10.0.0.99", "shop/db", "5432/TCP"), UNKNOWN),
    ],
)
def test_explain__answers_in_words(cluster, asked, answer):
    """Verdict, reason of each side, the deciding rule with its place, or what was missing."""
    assert explained(*asked) == answer


def test_explain__shows_near_misses_nearest_first(cluster):
    """Each rule that did not match says what it lacked; halves that match come first."""
    Path("other.yaml").write_text(OTHER, encoding="utf-8")
    text = explained("shop/web", "shop/db", "22/TCP", files=(*SOUND, "-p", "other.yaml"))
    assert "policies  NetworkPolicy/shop/db, NetworkPolicy/shop/other\n" in text
    misses = text.partition("NetworkPolicy/shop/other\n")[2]
    assert sorted(misses.splitlines()) == sorted(LABELS.splitlines())


def test_explain__shows_five_misses_or_all(cluster):
    """A screen of rules is cut, -o wide is not."""
    rules = "".join(f"  - from: [{{podSelector: {{matchLabels: {{app: a{n}}}}}}}]\n" for n in range(9))
    Path("policies.yaml").write_text(POLICY.partition("  - from:")[0] + rules, encoding="utf-8")
    table, wide = (explained("shop/web", "shop/db", "22", "-o", output) for output in ("table", "wide"))
    assert (table.count("missed"), wide.count("missed")) == (5, 9)
    assert table.endswith("         and 4 more rules; -o wide shows them\n")


def test_explain__speaks_of_protocols_without_ports(cluster):
    """ICMP has no port; a rule with ports does not match it."""
    text = explained("shop/web", "shop/db", "ICMP")
    assert text.startswith("DENIED  pod shop/web (10.0.0.1) -> pod shop/db (10.0.0.2) ICMP\n")
    assert "port `0/ICMP` is not `5432/TCP`" in text


def test_explain__obeys_the_switches(cluster):
    """--own-node and --other-protocols change the verdict as they do in an audit."""
    node = ("192.0.2.1", "shop/db", "9999")
    assert explained(*node).startswith("ALLOWED")
    assert explained(*node, "--own-node", "judge").startswith("DENIED")
    icmp = ("shop/web", "shop/db", "ICMP")
    assert explained(*icmp, "--other-protocols", "ignore").startswith("ALLOWED")
    assert explained("10.99.0.1", "shop/db", "1").startswith("DENIED")
    assert explained("10.99.0.1", "shop/db", "1", "--pod-cidr", "10.99.0.0/16").startswith("UNKNOWN")


def test_explain__prints_one_content_as_json_and_yaml(cluster):
    """The same answer for programs, with file and line of the rule."""
    document = json.loads(explained("shop/web", "shop/db", "5432", "-o", "json"))
    assert yaml.safe_load(explained("shop/web", "shop/db", "5432", "-o", "yaml")) == document
    assert (document["verdict"], document["port"], document["protocol"]) == ("allowed", 5432, 6)
    ingress = document["sides"][1]
    assert ingress["rule"] == "NetworkPolicy/shop/db:ingress[0]"
    assert ingress["origin"] == {
        "file": "policies.yaml",
        "document": 1,
        "line": 8,
        "path": "$.spec.ingress[0]",
    }
    (miss,) = json.loads(explained("shop/web", "shop/db", "22", "-o", "json"))["sides"][1]["missed"]
    assert (miss["peer_matches"], miss["port_matches"]) == (True, False)


def test_reasons__are_all_in_words():
    """Every reason of the ir has a sentence."""
    assert REASONS.keys() == {reason.value for reason in Reason}
