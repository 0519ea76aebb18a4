"""Which changes of a small shop are taken over by extending its tables, and which need a build."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.compiler import extend as extending
from auditor.compiler import slots
from auditor.compiler.build import build, compile_known
from auditor.compiler.extend import Unlike, extend
from auditor.compiler.known import Compiled
from auditor.errors import TableLimitError
from auditor.ir.model import TCP, UDP, ContainerPort, OpaquePolicy, PolicySet, Switches
from tests.compiler.shop import (
    DB,
    FLOWS,
    HTTP,
    NODE,
    POLICIES,
    SERVICE,
    SHOP,
    TOOL,
    WEB,
    pod,
    with_pods,
    with_rest,
)
from tests.compiler.test_extend import assert_same
from tests.strategies import ORIGIN, network
from tests.worlds import address

EXTENDED = {
    "a pod more of a workload": with_pods(TOOL, DB, WEB, pod("web-1-b", "10.0.0.4", "web", hash="1")),
    "a rollout": with_pods(TOOL, DB, pod("web-2-a", "10.0.0.5 fd00::2", "web", hash="2")),
    "both sides of a rollout": with_pods(TOOL, DB, WEB, pod("web-2-a", "10.0.0.5", "web", hash="2")),
    "a label that no policy asks for": with_pods(TOOL, replace(DB, labels={"app": "db", "zone": "a"}), WEB),
    "a workload that no policy names": with_pods(
        TOOL, DB, WEB, pod("more", "10.0.0.4", "other", namespace="core")
    ),
    "a pod that became another": with_pods(TOOL, pod("db-0", "10.0.0.2", "web"), WEB),
    "another address": with_pods(TOOL, DB, replace(WEB, addresses=(address("10.0.0.5"),))),
    "addresses swapped": with_pods(
        TOOL, replace(DB, addresses=WEB.addresses), replace(WEB, addresses=DB.addresses)
    ),
    "an address less": with_pods(TOOL, DB, replace(WEB, addresses=WEB.addresses[:1])),
    "an address more": with_pods(
        TOOL, DB, replace(WEB, addresses=(*WEB.addresses, address("10.0.0.5"), address("fd00::2")))
    ),
    "an address outside of pod networks": with_pods(TOOL, DB, replace(WEB, addresses=(address("8.8.8.8"),))),
    "no address yet": with_pods(TOOL, DB, WEB, replace(WEB, name="web-1-c", addresses=())),
    "a pod less": with_pods(TOOL, WEB),
    "no pods": with_pods(),
    "another node and workload": with_pods(TOOL, DB, replace(WEB, node="n2", workload="site")),
    "a port that no rule asks for": with_pods(
        TOOL, DB, replace(WEB, ports=(HTTP, ContainerPort("debug", TCP, 6060)))
    ),
    "a named port that only rules for others ask for": with_pods(
        TOOL, DB, replace(WEB, ports=(HTTP, ContainerPort("metrics", TCP, 9102)))
    ),
    "a name for a protocol that no rule asks for": with_pods(
        TOOL, replace(DB, ports=(ContainerPort("http", UDP, 9),)), WEB
    ),
    "a named port that others declare": with_pods(TOOL, replace(DB, ports=(HTTP,)), WEB),
    "other ports listened on": with_pods(TOOL, DB, WEB, listening=frozenset({(TCP, 9090), (UDP, 53)})),
    "a pod network more": with_pods(
        TOOL, DB, WEB, pod_networks=(*SHOP.pod_networks, network(address("10.9.0.0"), 24))
    ),
    "smaller pod networks": with_pods(TOOL, DB, WEB, pod_networks=(network(address("10.0.0.0"), 25),)),
    "a node more": with_rest(
        NODE, replace(NODE, name="n2", node="n2", addresses=(address("192.0.2.2"),)), SERVICE
    ),
    "a node in a block of a rule": with_rest(replace(NODE, addresses=(address("198.51.100.7"),)), SERVICE),
    "no node": with_rest(SERVICE),
    "a service more": with_rest(
        NODE, SERVICE, replace(SERVICE, name="web", addresses=(address("172.20.0.2"),))
    ),
    "no service": with_rest(NODE),
    "a namespace more": with_pods(
        TOOL,
        DB,
        WEB,
        pod("x", "10.0.0.4", "x", namespace="new"),
        namespaces={**SHOP.namespaces, "new": {"team": "core"}},
    ),
    "a label of a namespace that no policy asks for": with_pods(
        TOOL, DB, WEB, namespaces={**SHOP.namespaces, "core": {"team": "core", "tier": "1"}}
    ),
    "a namespace whose label fell off": with_pods(
        TOOL, DB, WEB, namespaces={**SHOP.namespaces, "core": {"team": "x"}}
    ),
    "another time": with_pods(TOOL, DB, WEB, as_of="2026-01-05T12:00:00Z"),
}
NINE = (ContainerPort("http", TCP, 9),)
CORELESS = with_pods(TOOL, DB, WEB, namespaces={**SHOP.namespaces, "core": {"team": "x"}})
BUILT = {
    "a pod chosen as none before": (Unlike.PODS, with_pods(DB, WEB), SHOP),
    "a namespace that is chosen now": (Unlike.PODS, CORELESS, SHOP),
    "a pod in a block apart": (
        Unlike.PEERS,
        SHOP,
        with_pods(TOOL, DB, replace(WEB, addresses=(address("10.0.0.65"),))),
    ),
    "a second address in a block apart": (
        Unlike.PEERS,
        SHOP,
        with_pods(TOOL, DB, replace(WEB, addresses=(*WEB.addresses, address("10.0.0.65")))),
    ),
    "a node in a block apart": (
        Unlike.PEERS,
        SHOP,
        with_rest(replace(NODE, addresses=(address("10.0.0.70"),)), SERVICE),
    ),
    "a block apart that pods no longer live in": (
        Unlike.PEERS,
        SHOP,
        with_pods(TOOL, DB, WEB, pod_networks=()),
    ),
    "the first address with two holders": (
        Unlike.PEERS,
        SHOP,
        with_pods(TOOL, replace(DB, addresses=WEB.addresses), WEB),
    ),
    "the first service": (Unlike.PEERS, with_rest(NODE), SHOP),
    "the first node": (Unlike.SUBJECTS, with_rest(SERVICE), SHOP),
    "another port for a destination": (Unlike.PEERS, SHOP, with_pods(replace(TOOL, ports=NINE), DB, WEB)),
    "another port for a subject": (Unlike.SUBJECTS, SHOP, with_pods(TOOL, DB, replace(WEB, ports=NINE))),
    "a pod that only a default deny isolates": (
        Unlike.SUBJECTS,
        SHOP,
        with_pods(TOOL, DB, WEB, pod("x", "10.0.0.4", "x")),
    ),
    "a rule that nobody needed before": (Unlike.SUBJECTS, with_pods(TOOL, WEB), SHOP),
    "node ports": (Unlike.NODE_PORTS, SHOP, with_pods(TOOL, DB, WEB, node_ports=frozenset({(TCP, 30443)}))),
}


@pytest.mark.parametrize("change", EXTENDED)
def test_extend__takes(change):
    """What falls into known classes is taken over, and judged and named as if all had been built."""
    extended = extend(compile_known(POLICIES, SHOP, Switches()), POLICIES, EXTENDED[change])
    assert isinstance(extended, Compiled), extended
    assert_same(extended.tables, build(POLICIES, EXTENDED[change]), FLOWS)


@pytest.mark.parametrize("change", BUILT)
def test_extend__refuses(change):
    """What falls into no known class needs a build; what that found can be extended to what was before."""
    reason, first, later = BUILT[change]
    assert extend(compile_known(POLICIES, first, Switches()), POLICIES, later) is reason
    back = extend(compile_known(POLICIES, later, Switches()), POLICIES, later)
    assert isinstance(back, Compiled)
    assert_same(back.tables, build(POLICIES, later), FLOWS)


def test_extend__refuses_other_policies():
    """Those decide everything."""
    known = compile_known(POLICIES, SHOP, Switches())
    assert extend(known, PolicySet(POLICIES.policies[:3]), SHOP) is Unlike.POLICIES
    strange = PolicySet(POLICIES.policies, (OpaquePolicy("Strange", "shop", "s", ORIGIN),))
    assert extend(known, strange, SHOP) is Unlike.POLICIES


def test_extend__refuses_another_reading():
    """It is a part of the decisions; none given is the default."""
    known = compile_known(POLICIES, SHOP, Switches("judge"))
    assert extend(known, POLICIES, SHOP) is Unlike.SWITCHES
    assert isinstance(extend(known, POLICIES, SHOP, Switches("judge")), Compiled)


def test_extend__takes_an_address_with_two_holders_where_one_was_known():
    """Whose it is does not matter: nobody knows."""
    shared = with_pods(TOOL, replace(DB, addresses=WEB.addresses), WEB)
    other = with_pods(replace(TOOL, addresses=DB.addresses), DB, WEB)
    known = compile_known(POLICIES, shared, Switches())
    seen = extend(known, POLICIES, SHOP)
    assert seen is Unlike.PEERS  # no pod had an address for itself under which rules see it
    more = with_pods(
        TOOL, DB, WEB, *(replace(DB, name=name, addresses=(address("10.0.0.4"),)) for name in "ab")
    )
    extended = extend(compile_known(POLICIES, more, Switches()), POLICIES, other)
    assert isinstance(extended, Compiled)
    assert_same(extended.tables, build(POLICIES, other), FLOWS)


def test_extend__remembers_pods_that_went():
    """A workload that is scaled to nothing and back needs no build; its groups are asked of the selectors again."""
    known = compile_known(POLICIES, SHOP, Switches())
    less = extend(known, POLICIES, with_pods(TOOL, WEB))
    assert isinstance(less, Compiled)
    assert len(less.groups) == 2
    back = extend(less, POLICIES, SHOP)
    assert isinstance(back, Compiled)
    assert (len(back.groups), back.sides) == (3, known.sides)
    assert_same(back.tables, known.tables, FLOWS)


def test_extend__takes_rollout_after_rollout():
    """Labels that never come back leave nothing behind."""
    known = compile_known(POLICIES, SHOP, Switches())
    for number in range(5):
        later = with_pods(TOOL, DB, pod(f"web-{number}", f"10.0.0.{4 + number % 2}", "web", hash=str(number)))
        extended = extend(known, POLICIES, later)
        assert isinstance(extended, Compiled)
        assert len(extended.groups) == 3
        known = extended
    assert_same(known.tables, build(POLICIES, later), FLOWS)


def test_extend__asks_selectors_of_new_groups_only(monkeypatch):
    """Ten thousand pods of which three are new cost three."""
    asked = []
    groups = extending.Groups

    def noting(keys, namespaces):
        asked.append([dict(key.labels)["hash"] for key in keys])
        return groups(keys, namespaces)

    monkeypatch.setattr(extending, "Groups", noting)
    known = compile_known(POLICIES, SHOP, Switches())
    extend(known, POLICIES, EXTENDED["another address"])
    assert asked == []
    extend(known, POLICIES, EXTENDED["both sides of a rollout"])
    assert asked == [["2"]]


def test_extend__refuses_too_many_addresses(monkeypatch):
    """As a build does."""
    known = compile_known(POLICIES, SHOP, Switches())
    monkeypatch.setattr(slots, "MAX_SLOTS", 3)
    with pytest.raises(TableLimitError) as caught:
        extend(known, POLICIES, SHOP)
    assert str(caught.value) == (
        "the inventory holds `10` addresses, more than `3`; audit one cluster at a time"
    )


def test_extend__explains_by_the_new_inventory():
    """Pods are found by the names they have now."""
    later = EXTENDED["a rollout"]
    extended = extend(compile_known(POLICIES, SHOP, Switches()), POLICIES, later)
    assert isinstance(extended, Compiled)
    asked = ("shop/web-2-a", "shop/db-0", 5432)
    assert extended.tables.explain(*asked) == build(POLICIES, later).explain(*asked)
