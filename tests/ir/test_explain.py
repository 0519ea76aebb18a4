"""Every sentence of an explanation, in full."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from auditor.ir.address_text import address_text, network_text
from auditor.ir.evaluate import Owner, evaluate, owner_of
from auditor.ir.explain import explain, owner_text, rule_text
from auditor.ir.model import (
    EVERYTHING,
    SCTP,
    TCP,
    UDP,
    BlockPeer,
    EndpointPeer,
    Kind,
    NamedPort,
    OpaquePolicy,
    PortRange,
    Reason,
    Switches,
)
from tests.ir.clusters import (
    CLUSTER,
    DB,
    DB6,
    IN,
    JOB,
    NOBODY,
    NODE,
    OUT,
    OUTSIDE,
    SERVICE,
    SHARED,
    WEB,
    flow,
    network,
    policies,
    policy,
    rule,
    select,
    term,
)
from tests.strategies import ORIGIN, connections, inventories, policy_sets, switches
from tests.worlds import address

NOT_A_POD = "selectors match pods only, and this address is no pod's"


def explained(*given, source=WEB, destination=DB, port=80, protocol=TCP, opaque=()):
    """Explain a connection."""
    asked = flow(source, destination, port, protocol)
    return explain(CLUSTER, policies(*given, opaque=opaque), asked, Switches())


def lacks_of_peer(peer, source=WEB):
    """Return what one peer lacks."""
    found = explained(policy(rule(peers=(peer,))), source=source)
    (miss,) = found.ingress.near_misses
    assert (miss.peer_matches, miss.port_matches) == (False, True)
    return miss.lacks


@pytest.mark.parametrize(
    ("selector", "lack"),
    [
        (select(app="api"), "label `app` is `web`, expected `api`"),
        (select(tier="x"), "label `tier` is absent, expected `x`"),
        (select(term("app", "In", "api", "ui")), "label `app` is `web`, expected one of `api`, `ui`"),
        (select(term("app", "NotIn", "web", "x")), "label `app` is `web`, expected none of `web`, `x`"),
        (select(term("tier", "Exists")), "label `tier` is absent, expected any value"),
        (select(term("app", "DoesNotExist")), "label `app` is `web`, expected no such label"),
        (select(tier="x", app="web"), "label `tier` is absent, expected `x`"),
    ],
)
def test_explain__names_the_first_label_that_does_not_fit(selector, lack):
    """Of the pod, and likewise of the namespace."""
    assert lacks_of_peer(EndpointPeer("shop", selector)) == (f"pod `shop/web`: {lack}",)


@pytest.mark.parametrize(
    ("peer", "source", "lack"),
    [
        (EndpointPeer("bank", EVERYTHING), WEB, "namespace is `shop`, not `bank`"),
        (
            EndpointPeer(select(team="b"), select(app="no")),
            WEB,
            "namespace `shop`: label `team` is `a`, expected `b`",
        ),
        (EndpointPeer(EVERYTHING, EVERYTHING), OUTSIDE, NOT_A_POD),
        (EndpointPeer(EVERYTHING, EVERYTHING), "192.168.0.2", NOT_A_POD),
        (BlockPeer(network("10.0.1.0/24")), WEB, "`10.0.0.1` is outside `10.0.1.0/24`"),
        (BlockPeer(network("::/0")), WEB, "`10.0.0.1` is outside `::/0`"),
        (
            BlockPeer(network("10.0.0.0/8"), (network("10.9.0.0/16"), network("10.0.0.0/30"))),
            WEB,
            "`10.0.0.1` lies in the exception `10.0.0.0/30`",
        ),
    ],
)
def test_explain__says_why_a_peer_does_not_match(peer, source, lack):
    """Namespaces, kinds, blocks and their exceptions."""
    assert lacks_of_peer(peer, source) == (lack,)


@pytest.mark.parametrize(
    ("ports", "lack"),
    [
        ((PortRange(TCP, 443, 443),), "port `80/TCP` is not `443/TCP`"),
        ((PortRange(TCP, 1, 79), PortRange(UDP, 80, 80)), "port `80/TCP` is not `1-79/TCP` or `80/UDP`"),
        ((PortRange(SCTP, 0, 65535),), "port `80/TCP` is not any SCTP port"),
        ((NamedPort(TCP, "sql"),), "port `80/TCP` is not `sql/TCP` as the destination declares it"),
    ],
)
def test_explain__says_which_ports_are_allowed(ports, lack):
    """Numbers, ranges, all of a protocol, names."""
    (miss,) = explained(policy(rule(ports=ports))).ingress.near_misses
    assert (miss.peer_matches, miss.port_matches, miss.lacks) == (True, False, (lack,))


def test_explain__names_protocols_without_a_name_by_number():
    """In what was asked."""
    found = explained(policy(rule(ports=(PortRange(TCP, 1, 1),))), protocol=47, port=0)
    assert found.ingress.near_misses[0].lacks == ("port `0/47` is not `1/TCP`",)
    found = explained(policy(rule(ports=(PortRange(TCP, 1, 1),))), protocol=1, port=0)
    assert found.ingress.near_misses[0].lacks == ("port `0/ICMP` is not `1/TCP`",)


def test_explain__puts_near_misses_first():
    """A rule that fits by half comes before one that does not fit at all; each names all that it lacks."""
    nobody = EndpointPeer("shop", select(app="nobody"))
    far = rule(index=0, peers=(nobody, EndpointPeer("bank", EVERYTHING)), ports=(PortRange(TCP, 1, 1),))
    by_port = rule(index=1, peers=(nobody,), ports=(PortRange(TCP, 80, 80),))
    by_peer = rule(index=2, ports=(PortRange(TCP, 2, 2),))
    side = explained(policy(far, by_port, by_peer), policy(rule(OUT), name="x", directions=(OUT,))).ingress
    assert side.side.reason is Reason.NO_RULE_MATCHED
    assert (side.rule, side.origin, side.isolating) == (None, None, ("NetworkPolicy/shop/db",))
    found = [(miss.rule, str(miss.origin), miss.lacks) for miss in side.near_misses]
    name, pod_lack = (
        "NetworkPolicy/shop/db:ingress",
        "pod `shop/web`: label `app` is `web`, expected `nobody`",
    )
    assert found == [
        (f"{name}[1]", "f.yaml[1]:11 $.spec.ingress[1]", (pod_lack,)),
        (f"{name}[2]", "f.yaml[1]:12 $.spec.ingress[2]", ("port `80/TCP` is not `2/TCP`",)),
        (
            f"{name}[0]",
            "f.yaml[1]:10 $.spec.ingress[0]",
            (pod_lack, "namespace is `shop`, not `bank`", "port `80/TCP` is not `1/TCP`"),
        ),
    ]


def test_explain__names_the_deciding_rule():
    """With its place; the policies that isolate are named beside it, and no misses."""
    found = explained(
        policy(rule(index=1)), policy(name="zero"), policy(rule(OUT), name="out", directions=(OUT,))
    )
    assert found.judgement.verdict.value == "allowed"
    assert (found.ingress.direction, found.egress.direction) == (IN, OUT)
    assert found.ingress.rule == "NetworkPolicy/shop/db:ingress[1]"
    assert str(found.ingress.origin) == "f.yaml[1]:11 $.spec.ingress[1]"
    assert found.ingress.isolating == ("NetworkPolicy/shop/db", "NetworkPolicy/shop/zero")
    assert found.ingress.near_misses == ()
    assert found.egress.rule == "NetworkPolicy/shop/out:egress[0]"
    assert found.egress.isolating == ("NetworkPolicy/shop/out",)


def test_explain__names_the_policies_nobody_understands():
    """Instead of those that isolate."""
    opaque = (OpaquePolicy("Wide", None, "w", ORIGIN), OpaquePolicy("Near", "shop", "n", ORIGIN))
    side = explained(policy(rule()), opaque=opaque).ingress
    assert side.side.reason is Reason.UNSUPPORTED_POLICY
    assert (side.isolating, side.rule, side.near_misses) == (("Wide/w", "Near/shop/n"), None, ())


@pytest.mark.parametrize(
    ("end", "words", "reason"),
    [
        (JOB, "pod bank/job (10.0.1.1)", Reason.NOT_ISOLATED),
        (NODE, "node n1 (192.168.0.1)", Reason.NOT_A_POD),
        (SERVICE, "service shop/svc (10.96.0.1)", Reason.SERVICE_ADDRESS),
        (OUTSIDE, "203.0.113.7 (outside the cluster)", Reason.NOT_A_POD),
        (NOBODY, "10.0.0.99 (inside the pod networks, no pod known)", Reason.UNKNOWN_ADDRESS),
        (SHARED, "10.0.0.50 (held by two)", Reason.AMBIGUOUS_ADDRESS),
    ],
)
def test_explain__says_who_holds_an_address(end, words, reason):
    """On both ends; a side that is no pod, or not isolated, has neither policies nor misses."""
    found = explained(policy(), source=end)
    assert (found.source, found.destination) == (words, "pod shop/db (10.0.0.2)")
    assert (found.egress.side.reason, found.egress.isolating, found.egress.near_misses) == (reason, (), ())
    assert found.connection == flow(end, DB)


def test_owner_text__writes_ipv6_short():
    """In the usual form."""
    assert owner_text(owner_of(CLUSTER, address(DB6)), address(DB6)) == "pod shop/db (fd00::2)"
    assert owner_text(Owner(Kind.EXTERNAL), address("2001:db8::1")) == "2001:db8::1 (outside the cluster)"


@pytest.mark.parametrize(
    "text", ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.7/32", "::/0", "2001:db8::/33", "2001:db8::1/128"]
)
def test_network_text__is_a_block(text):
    """In CIDR form, of every length."""
    assert network_text(network(text)) == text
    assert address_text(address(text.partition("/")[0])) == text.partition("/")[0]


@settings(max_examples=max(1, settings.default.max_examples // 2))
@given(inventories(), policy_sets(), connections, switches)
def test_explain__agrees_with_the_verdict(inventory, given_policies, asked, chosen):
    """It explains what was judged: each miss lacks something, and the deciding rule is the one judged."""
    found = explain(inventory, given_policies, asked, chosen)
    judged = evaluate(inventory, given_policies, asked, chosen)
    assert found.judgement == judged
    for side, expected in ((found.egress, judged.egress), (found.ingress, judged.ingress)):
        assert side.side == expected
        rule_id = expected.rule_id
        assert side.rule == (None if rule_id is None else rule_text(*given_policies.rules[rule_id]))
        assert expected.reason is Reason.NO_RULE_MATCHED or not side.near_misses
        for miss in side.near_misses:
            assert miss.lacks
            assert not (miss.peer_matches and miss.port_matches)
