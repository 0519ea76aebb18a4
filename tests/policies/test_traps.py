"""Warnings about one document."""

from __future__ import annotations

import pytest

from auditor.policies.load import load_policies

HEAD = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web, namespace: shop}\n"
EMPTY_EGRESS = (
    "`egress` without a rule does not isolate egress; `policyTypes: [Ingress, Egress]` denies it - "
    "at web.yaml[1]:4 $.spec.egress"
)


def warnings_of(text):
    """Return the warnings about one policy."""
    return [str(warning) for warning in load_policies([("web.yaml", (HEAD + text).encode())]).warnings]


def rule_with(*blocks):
    """Return an egress rule with these blocks."""
    return "spec: {egress: [{to: [" + ", ".join(f"{{ipBlock: {{{block}}}}}" for block in blocks) + "]}]}"


@pytest.mark.parametrize(
    "text", ["spec: {egress: []}", "spec: {egress: }", "spec: {policyTypes: [], egress: []}"]
)
def test_find_traps__warns_of_empty_egress(text):
    """An empty egress list without policyTypes looks like a denial and is none."""
    assert warnings_of(text) == [EMPTY_EGRESS]


@pytest.mark.parametrize(
    "text",
    [
        "spec: {}",
        "spec: {policyTypes: [Egress], egress: []}",
        "spec: {policyTypes: [Ingress], egress: []}",
        "spec: {egress: [{}]}",
        "spec: {ingress: []}",
        "spec: {policyTypes: [Egress], ingress: []}",
        rule_with("cidr: 10.0.0.0/8, except: [10.1.0.0/16]", "cidr: 11.0.0.0/8"),
        rule_with(
            "cidr: 10.0.0.0/8, except: [10.1.0.0/16]",
            "cidr: 10.1.0.0/16, except: [10.1.0.0/17, 10.1.128.0/17]",
        ),
        rule_with("cidr: 0.0.0.0/0, except: [10.0.0.0/8]", "cidr: '::/0'"),
        rule_with("cidr: 0.0.0.0/0, except: [10.0.0.0/8]", "cidr: 0.0.0.0/0, except: [10.0.0.0/8]"),
    ],
)
def test_find_traps__keeps_quiet_otherwise(text):
    """Plain policies have no warnings."""
    assert warnings_of(text) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "status: {}",
            "a policy without `spec` denies all ingress of every pod of its namespace - at web.yaml[1]:1 $",
        ),
        (
            "spec: {policyTypes: [Egress], ingress: [{}]}",
            (
                "rules of `ingress` have no effect, as `policyTypes` does not list `Ingress` - "
                "at web.yaml[1]:4 $.spec.ingress"
            ),
        ),
        (
            "spec:\n  policyTypes: [Ingress]\n  egress: [{}]",
            (
                "rules of `egress` have no effect, as `policyTypes` does not list `Egress` - "
                "at web.yaml[1]:6 $.spec.egress"
            ),
        ),
        (
            rule_with("cidr: 192.168.242.213/24"),
            (
                "CIDR block `192.168.242.213/24` is read as `192.168.242.0/24` - "
                "at web.yaml[1]:4 $.spec.egress[0].to[0].ipBlock.cidr"
            ),
        ),
        (
            rule_with("cidr: 10.0.0.0/8, except: [10.1.2.3/16]"),
            (
                "CIDR block `10.1.2.3/16` is read as `10.1.0.0/16` - "
                "at web.yaml[1]:4 $.spec.egress[0].to[0].ipBlock.except[0]"
            ),
        ),
        (
            rule_with("cidr: 10.0.0.0/8, except: [10.1.0.0/16]", "cidr: 10.1.2.0/24"),
            (
                "`except` of `10.1.0.0/16` keeps nobody out: `10.1.2.0/24` in `to[1]` allows it again - "
                "at web.yaml[1]:4 $.spec.egress[0].to[0].ipBlock.except[0]"
            ),
        ),
    ],
)
def test_find_traps__says_how_it_is_read(text, message):
    """What is read otherwise than it looks is said, with its place."""
    assert warnings_of(text) == [message]
