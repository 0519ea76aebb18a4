"""Tables extended to another inventory, against those built in full and against the specification."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st

from auditor.compiler.build import build, compile_known
from auditor.compiler.extend import Unlike, extend
from auditor.compiler.known import Compiled
from auditor.ir.evaluate import evaluate
from auditor.ir.model import (
    Address,
    Direction,
    Kind,
    Switches,
)
from auditor.verdicts.classify import classify
from kernels.addresses import slots_of
from tests.strategies import (
    NAMESPACES,
    V4_BASE,
    V6_BASE,
    addresses,
    connections,
    container_ports,
    inventories,
    label_sets,
    networks,
    pods,
    policy_sets,
    switches,
)
from tests.worlds import flow_batch, halves, side_of

FEW = settings(max_examples=max(1, settings.default.max_examples // 2))
NEARBY = [
    Address(4, 0),
    *(Address(4, V4_BASE + n) for n in range(-1, 18)),
    *(Address(6, V6_BASE + n) for n in range(10)),
]


@st.composite
def changed(draw, inventory):
    """Draw the same cluster a little later: mostly other pods, now and then something else."""
    found = list(inventory.endpoints)
    later = inventory
    for _ in range(draw(st.integers(0, 3))):
        places = [place for place, each in enumerate(found) if each.kind is Kind.POD]
        what = draw(st.sampled_from(("add", "drop", "copy", "move", "label", "declare", "else")))
        if what == "add" or not places:
            found.insert(0, draw(pods(draw(st.integers(0, 9)))))
            continue
        place = draw(st.sampled_from(places))
        pod = found[place]
        if what == "drop":
            del found[place]
        elif what == "copy":
            own = (Address(4, V4_BASE + draw(st.integers(0, 15))),)
            found.insert(place, replace(pod, name=f"{pod.name}-copy", addresses=own))
        elif what == "move":
            held = draw(st.lists(addresses, max_size=2, unique=True).map(tuple))
            found[place] = replace(pod, addresses=held, node=draw(st.sampled_from((None, "node-0"))))
        elif what == "label":
            found[place] = replace(pod, labels={**pod.labels, **draw(label_sets), "hash": "1"})
        elif what == "declare":
            ports = draw(st.lists(container_ports, max_size=2, unique_by=lambda port: port[:2]))
            found[place] = replace(pod, ports=tuple(ports))
        else:
            later = draw(changed_otherwise(later))
    return replace(later, endpoints=tuple(found))


@st.composite
def changed_otherwise(draw, inventory):
    """Draw the same pods in a cluster of which something else changed."""
    other = draw(inventories())
    name = draw(st.sampled_from(NAMESPACES))
    rest = [each for each in inventory.endpoints if each.kind is Kind.POD]
    return draw(
        st.sampled_from(
            (
                replace(
                    inventory, namespaces={**inventory.namespaces, name: {**other.namespaces[name], "x": "y"}}
                ),
                replace(inventory, listening=other.listening),
                replace(inventory, pod_networks=(*inventory.pod_networks, draw(networks))),
                replace(inventory, pod_networks=other.pod_networks),
                replace(inventory, node_ports=other.node_ports),
                replace(
                    inventory,
                    endpoints=(*rest, *(each for each in other.endpoints if each.kind is not Kind.POD)),
                ),
            )
        )
    )


def named(tables, address):
    """Return all that tables say of an address."""
    high, low = (np.array([half], dtype=np.uint64) for half in halves(address))
    place = int(slots_of(tables.layout.addresses, high, low)[0])
    names = tables.slots
    texts = [*tables.texts.to_pylist(), None]
    isolating = [
        tables.isolating[direction][classes[place]].as_py()
        for direction, classes in zip(Direction, names[4:], strict=True)
    ]
    return place, names.kind[place], [texts[column[place]] for column in names[1:4]], isolating


def assert_same(found, expected, flows):
    """Check that two TableSets say the same of flows and of addresses, and call themselves the same."""
    judged = [classify(tables, flow_batch(flows), "infer") for tables in (found, expected)]
    for column in ("egress", "ingress", "opener", "opener_basis", "verdict", "finding", "src_slots"):
        one, other = (getattr(each, column).tolist() for each in judged)
        assert one == other
    for address in NEARBY:
        assert named(found, address) == named(expected, address)
    assert found.rule_names == expected.rule_names
    assert found.fingerprint == expected.fingerprint
    assert (found.inventory, found.policies) == (expected.inventory, expected.policies)
    assert (found.switches, found.provenance) == (expected.switches, expected.provenance)
    for one, other in zip(found.layout.addresses, expected.layout.addresses, strict=True):
        assert one.tolist() == other.tolist()
    assert found.layout.ports.marks.tolist() == expected.layout.ports.marks.tolist()
    assert found.layout.slots.node.tolist() == expected.layout.slots.node.tolist()


@given(
    inventories().flatmap(lambda first: st.tuples(st.just(first), changed(first))),
    policy_sets(),
    switches,
    st.lists(connections, min_size=1, max_size=40),
)
def test_extend__equals_a_build_and_the_oracle(clusters, policies, chosen, flows):
    """For any change of a cluster: what is extended is what would be built, and what the specification says."""
    first, later = clusters
    extended = extend(compile_known(policies, first, chosen), policies, later, chosen)
    event(extended.name if isinstance(extended, Unlike) else "extended")
    if isinstance(extended, Unlike):
        assert extended not in (Unlike.POLICIES, Unlike.SWITCHES)
        assert (extended is Unlike.NODE_PORTS) is (first.node_ports != later.node_ports)
        return
    assert_same(extended.tables, build(policies, later, chosen), flows)
    found = classify(extended.tables, flow_batch(flows), "as-recorded")
    for flow, egress, ingress in zip(flows, found.egress.tolist(), found.ingress.tolist(), strict=True):
        expected = evaluate(later, policies, flow, chosen)
        assert (side_of(egress), side_of(ingress)) == (expected.egress, expected.ingress)


@FEW
@given(st.data(), inventories(), policy_sets(), st.lists(connections, min_size=1, max_size=20))
def test_extend__equals_a_build_however_often(data, inventory, policies, flows):
    """What was extended is extended again, and again, and what is kept of it never grows."""
    known = compile_known(policies, inventory, Switches())
    for _ in range(4):
        inventory = data.draw(changed(inventory))
        extended = extend(known, policies, inventory)
        if isinstance(extended, Unlike):
            known = compile_known(policies, inventory, Switches())
            continue
        assert_same(extended.tables, build(policies, inventory), flows)
        assert extended.sides is known.sides
        keys = {(pod.namespace, frozenset(pod.labels.items()), pod.ports) for pod in pods_of(inventory)}
        assert set(extended.groups) == keys
        known = extended


def pods_of(inventory):
    """Return the pods of an inventory."""
    return [endpoint for endpoint in inventory.endpoints if endpoint.kind is Kind.POD]


@FEW
@given(inventories(), policy_sets(), switches)
def test_extend__takes_the_same_cluster(inventory, policies, chosen):
    """However odd it is, what was compiled can be extended to itself; other objects that are equal will do."""
    known = compile_known(policies, inventory, chosen)
    again = replace(policies, policies=tuple(replace(policy) for policy in policies.policies))
    same = replace(inventory, endpoints=tuple(replace(each) for each in inventory.endpoints))
    extended = extend(known, again, same, replace(chosen))
    assert isinstance(extended, Compiled)
    for one, other in zip(extended.tables.layout.slots, known.tables.layout.slots, strict=True):
        assert one.tolist() == other.tolist()
    assert extended.tables.policies is again
    assert extended.tables.inventory is same
    assert extended.tables.fingerprint == known.tables.fingerprint
