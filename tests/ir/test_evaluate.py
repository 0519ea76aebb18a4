"""The specification, rung by rung: which reason wins over which."""

from __future__ import annotations

from itertools import product

import pytest

from auditor.ir.evaluate import (
    Judgement,
    Side,
    contains,
    evaluate,
    is_peer,
    is_port,
    isolating_policies,
    opaque_policies,
    owner_of,
)
from auditor.ir.model import (
    EVERYTHING,
    SCTP,
    TCP,
    UDP,
    BlockPeer,
    EndpointPeer,
    Inventory,
    Kind,
    NamedPort,
    OpaquePolicy,
    PortRange,
    Reason,
    Switches,
    Verdict,
)
from tests.ir.clusters import (
    CLUSTER,
    DB,
    DB6,
    IN,
    JOB,
    NOBODY,
    NODE,
    OTHER_NODE,
    OUT,
    OUTSIDE,
    SERVICE,
    SHARED,
    WEB,
    flow,
    network,
    node,
    pod,
    policies,
    policy,
    rule,
    select,
    service,
)
from tests.strategies import ORIGIN
from tests.worlds import address

DENY = policy(directions=(IN, OUT))
STRANGE = OpaquePolicy("Strange", "shop", "s", ORIGIN)


def reasons(*given, source=WEB, destination=DB, opaque=(), switches=None, port=80, protocol=TCP):
    """Return the reasons of egress and ingress."""
    asked = flow(source, destination, port, protocol)
    found = evaluate(CLUSTER, policies(*given, opaque=opaque), asked, switches)
    return found.egress.reason.value, found.ingress.reason.value


def test_evaluate__without_policies_allows():
    """Pods that nobody isolates allow; what is no pod imposes nothing."""
    assert reasons() == ("not-isolated", "not-isolated")
    assert reasons(source=OUTSIDE) == ("not-a-pod", "not-isolated")
    assert reasons(destination=NODE) == ("not-isolated", "not-a-pod")


def test_evaluate__same_pod_wins_over_everything_of_a_pod():
    """Also over policies nobody understands, between two addresses of the pod too."""
    for destination in (DB, DB6):
        found = reasons(DENY, source=DB, destination=destination, opaque=[STRANGE])
        assert found == ("same-pod", "same-pod")


def test_evaluate__own_node_wins_over_policies():
    """On the way in, if so chosen, also over policies nobody understands; never on the way out."""
    assert reasons(DENY, source=NODE, opaque=[STRANGE]) == ("not-a-pod", "own-node")
    assert reasons(source=NODE) == ("not-a-pod", "own-node")
    assert reasons(DENY, source=OTHER_NODE) == ("not-a-pod", "no-rule-matched")
    assert reasons(DENY, destination=NODE) == ("no-rule-matched", "not-a-pod")
    judge = Switches(own_node="judge")
    assert reasons(DENY, source=NODE, switches=judge) == ("not-a-pod", "no-rule-matched")
    assert reasons(source=NODE, switches=judge) == ("not-a-pod", "not-isolated")


def test_evaluate__unsupported_wins_over_isolation():
    """Where a policy nobody understands could touch the pod, no other is asked; a rule might have been overruled."""
    everything = policy(rule(), rule(OUT), directions=(IN, OUT))
    assert reasons(everything, opaque=[STRANGE]) == ("unsupported-policy", "unsupported-policy")
    assert reasons(opaque=[STRANGE], source=JOB) == ("not-isolated", "unsupported-policy")
    everywhere = OpaquePolicy("Strange", None, "s", ORIGIN)
    assert reasons(opaque=[everywhere], source=JOB) == ("unsupported-policy", "unsupported-policy")


def test_evaluate__not_isolated_wins_over_an_unknown_peer():
    """A pod that nobody isolates does not care who the other is."""
    for other in (NOBODY, SHARED, SERVICE):
        assert reasons(source=WEB, destination=other)[0] == "not-isolated"
        assert reasons(source=other, destination=WEB)[1] == "not-isolated"


@pytest.mark.parametrize(
    ("other", "reason"),
    [(NOBODY, "unknown-address"), (SHARED, "ambiguous-address"), (SERVICE, "service-address")],
)
def test_evaluate__an_unknown_peer_wins_over_rules(other, reason):
    """An isolated pod cannot tell, even where a rule lets everybody in; nor can the other side itself."""
    everything = policy(rule(), rule(OUT), directions=(IN, OUT))
    for given in (everything, DENY):
        assert reasons(given, destination=other) == (reason, reason)
        assert reasons(given, source=other, destination=WEB) == (reason, reason)


def test_evaluate__a_node_port_is_a_service():
    """Only of that protocol and number, only at nodes, only at the destination."""
    everything = policy(rule(), rule(OUT), directions=(IN, OUT))
    assert reasons(everything, destination=NODE, port=30080) == ("service-address", "service-address")
    assert reasons(destination=NODE, port=30080) == ("not-isolated", "service-address")
    assert reasons(everything, destination=NODE, port=30081) == ("allowed-by-rule", "not-a-pod")
    assert reasons(everything, destination=NODE, port=30080, protocol=UDP) == ("allowed-by-rule", "not-a-pod")
    assert reasons(everything, destination=DB, port=30080) == ("allowed-by-rule", "allowed-by-rule")
    assert reasons(everything, source=OTHER_NODE, port=30080) == ("not-a-pod", "allowed-by-rule")


def test_evaluate__other_protocols_by_choice():
    """Strictly a rule without ports matches; ignored, isolated pods are not applicable, before peers are looked at."""
    peers = policy(rule(peers=(EndpointPeer("shop", EVERYTHING),)), rule(OUT), directions=(IN, OUT))
    ports = policy(rule(ports=(PortRange(TCP, 0, 65535),)))
    ignore = Switches(other_protocols="ignore")
    assert reasons(peers, protocol=1, port=0) == ("allowed-by-rule", "allowed-by-rule")
    assert reasons(ports, protocol=1, port=0) == ("not-isolated", "no-rule-matched")
    found = reasons(peers, protocol=1, port=0, switches=ignore)
    assert found == ("protocol-not-judged", "protocol-not-judged")
    assert reasons(DENY, protocol=1, destination=SERVICE, switches=ignore)[0] == "protocol-not-judged"
    for judged in (TCP, UDP, SCTP):
        assert reasons(DENY, protocol=judged, switches=ignore) == ("no-rule-matched", "no-rule-matched")


def test_evaluate__names_the_first_rule_that_matches():
    """Rules are numbered by policy and place; of several that match, the lowest number decides."""
    some = policy(rule(index=0, ports=(PortRange(TCP, 81, 81),)), rule(index=1), rule(index=2), name="b")
    first = policy(rule(OUT, 0), name="a", directions=(OUT,))
    given = policies(some, first, policy(rule(), name="c"))
    found = evaluate(CLUSTER, given, flow(WEB, DB))
    assert (found.egress.rule_id, found.ingress.rule_id) == (0, 2)
    assert evaluate(CLUSTER, given, flow(WEB, DB, 81)).ingress.rule_id == 1


def test_judgement__needs_both_sides():
    """Denied if either side denies, else unknown if either is unknown, else allowed."""
    for egress, ingress in product(Reason, Reason):
        sides = Side(egress), Side(ingress)
        verdicts = {side.verdict for side in sides}
        expected = Verdict.ALLOWED
        if Verdict.DENIED in verdicts:
            expected = Verdict.DENIED
        elif Verdict.UNKNOWN in verdicts:
            expected = Verdict.UNKNOWN
        assert Judgement(*sides).verdict is expected


def test_owner_of__finds_the_holder():
    """Pods, nodes, services and nobody; two holders are ambiguous, but for a service that stands on a node."""
    kinds = {
        text: owner_of(CLUSTER, address(text))
        for text in (DB, DB6, NODE, OTHER_NODE, SERVICE, SHARED, NOBODY)
    }
    assert [owner.kind.value for owner in kinds.values()] == [
        "pod", "pod", "node", "node", "service", "unknown", "unknown",
    ]  # fmt: skip
    assert [text for text, owner in kinds.items() if owner.ambiguous] == [SHARED]
    assert kinds[DB].endpoint is kinds[DB6].endpoint is not None
    assert owner_of(CLUSTER, address("203.0.113.7")).kind is Kind.EXTERNAL


def test_owner_of__is_ambiguous_between_any_two_but_node_and_service():
    """Two services, a pod and a service, a pod and a node, two nodes."""
    web, one, two, svc, other = (
        pod("a", "w", DB),
        node("n", DB),
        node("m", DB),
        service("s", DB),
        service("t", DB),
    )
    for holders in ((svc, other), (web, svc), (web, one), (one, two), (web, one, svc)):
        assert owner_of(Inventory(endpoints=holders), address(DB)).ambiguous
    for holders in ((one, svc), (one, svc, other)):
        found = owner_of(Inventory(endpoints=holders), address(DB))
        assert (found.kind, found.endpoint) == (Kind.NODE, one)


def test_isolating_policies__are_those_of_the_namespace_that_select_and_list():
    """Namespace, selector and direction must all fit."""
    chosen = policy(name="chosen", subject=select(app="db"))
    given = policies(
        chosen,
        policy(name="other", subject=select(app="web")),
        policy(name="egress", directions=(OUT,)),
        policy(name="foreign", namespace="bank"),
    )
    db = owner_of(CLUSTER, address(DB)).endpoint
    assert isolating_policies(given, db, IN) == (chosen,)
    assert [each.name for each in isolating_policies(given, db, OUT)] == ["egress"]


def test_opaque_policies__reach_their_namespace_or_all():
    """A namespaced one its own, a cluster-wide one every pod."""
    wide, far = OpaquePolicy("W", None, "w", ORIGIN), OpaquePolicy("F", "bank", "f", ORIGIN)
    db = owner_of(CLUSTER, address(DB)).endpoint
    assert opaque_policies(policies(opaque=(wide, far, STRANGE)), db) == (wide, STRANGE)


def test_contains__is_closed_and_of_one_version():
    """Both ends belong to a network; the same number of the other version does not."""
    block = network("10.0.0.4/30")
    inside = [
        text for text in ("10.0.0.3", "10.0.0.4", "10.0.0.7", "10.0.0.8") if contains(block, address(text))
    ]
    assert inside == ["10.0.0.4", "10.0.0.7"]
    assert not contains(network("0.0.0.0/0"), address("::5"))
    assert not contains(network("::/0"), address("10.0.0.5"))


def test_is_peer__takes_blocks_by_address_and_selectors_by_pod():
    """A block minus its exceptions, whoever holds the address; a selector only for pods."""
    block = BlockPeer(network("10.0.0.0/24"), (network("10.0.0.2/32"),))
    everyone = EndpointPeer(EVERYTHING, EVERYTHING)
    found = {
        text: tuple(
            is_peer(CLUSTER, peer, address(text), owner_of(CLUSTER, address(text)))
            for peer in (block, everyone)
        )
        for text in (WEB, DB, JOB, NOBODY, NODE, OUTSIDE)
    }
    assert found == {
        WEB: (True, True),
        DB: (False, True),
        JOB: (False, True),
        NOBODY: (True, False),
        NODE: (False, False),
        OUTSIDE: (False, False),
    }


def test_is_port__needs_protocol_and_number():
    """Ranges are closed; a name needs a destination that declares it for the same protocol."""
    db, outside = (owner_of(CLUSTER, address(text)) for text in (DB, OUTSIDE))
    span, sql = PortRange(TCP, 80, 81), NamedPort(TCP, "sql")
    found = [port for port in (79, 80, 81, 82) if is_port(span, flow(WEB, DB, port), db)]
    assert found == [80, 81]
    assert not is_port(span, flow(WEB, DB, 80, UDP), db)
    assert is_port(sql, flow(WEB, DB, 5432), db)
    assert not is_port(sql, flow(WEB, DB, 5433), db)
    assert not is_port(sql, flow(WEB, OUTSIDE, 5432), outside)
    assert not is_port(NamedPort(UDP, "sql"), flow(WEB, DB, 5432, UDP), db)
    assert not is_port(NamedPort(TCP, "dns"), flow(WEB, DB, 53), db)
