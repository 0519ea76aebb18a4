"""Objects that are not what the API says: which error, and where; all of them at once."""

from __future__ import annotations

import json
import random

import pytest

from auditor.errors import InventoryError
from auditor.inventory.load import load_inventory
from tests.inventory.clusters import SHOP, named, pod, problems, refusals, text_of


def ports(**fields: object) -> dict:
    """Return a pod that declares one port."""
    return pod(spec={"containers": [{"ports": [fields]}]})


def service(**fields: object) -> dict:
    """Return a service with one port."""
    return named("Service", "s", spec={"ports": [fields]})


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (pod(spec={"hostNetwork": "true"}), "expected `bool`, got `str` - at .spec.hostNetwork"),
        (pod(spec={"containers": {}}), "expected `array`, got `object` - at .spec.containers"),
        (pod(spec={"containers": [3]}), "expected `object`, got `int` - at .spec.containers[0]"),
        (pod(metadata={"labels": {"a": "b", "c": 3}}), "expected `str`, got `int` - at .metadata.labels.c"),
        (
            pod(metadata={"labels": {"a.b/c": None}}),
            'expected `str`, got `null` - at .metadata.labels["a.b/c"]',
        ),
        (pod(metadata={"labels": ["a"]}), "expected `object`, got `array` - at .metadata.labels"),
        (pod(metadata={"name": ""}), "expected a name, got none - at .metadata.name"),
        (pod(metadata={"name": 3}), "expected `str`, got `int` - at .metadata.name"),
        (ports(name="http"), "expected `containerPort`, got none - at .spec.containers[0].ports[0]"),
        (
            ports(containerPort=0),
            "expected `int` >= 1, got `0` - at .spec.containers[0].ports[0].containerPort",
        ),
        (
            ports(containerPort=10**30),
            f"expected `int` <= 65535, got `{10**30}` - at .spec.containers[0].ports[0].containerPort",
        ),
        (
            ports(containerPort=80.5),
            "expected `int`, got `float` - at .spec.containers[0].ports[0].containerPort",
        ),
        (
            ports(containerPort=80, protocol="tcp"),
            "expected `TCP`, `UDP` or `SCTP`, got `tcp` - at .spec.containers[0].ports[0].protocol",
        ),
        (
            ports(containerPort=80, hostPort=-1),
            "expected `int` >= 0, got `-1` - at .spec.containers[0].ports[0].hostPort",
        ),
        (pod(ip="10.0.0.256"), "expected an IP address, got `10.0.0.256` - at .status.podIPs[0].ip"),
        (pod(ip=None, status={"podIP": "x\n"}), r"expected an IP address, got `x\u000a` - at .status.podIP"),
        (pod(status={"hostIP": "node"}), "expected an IP address, got `node` - at .status.hostIP"),
        (
            pod(status={"hostIPs": [{"ip": "a"}]}),
            "expected an IP address, got `a` - at .status.hostIPs[0].ip",
        ),
        ({**pod(), "status": 3}, "expected `object`, got `int` - at .status"),
        (
            named("Node", "n", status={"addresses": [{"type": "InternalIP", "address": "n"}]}),
            "expected an IP address, got `n` - at .status.addresses[0].address",
        ),
        (
            named("Node", "n", spec={"podCIDRs": ["10.0.0.0"]}),
            "expected a network like `10.0.0.0/16`, got `10.0.0.0` - at .spec.podCIDRs[0]",
        ),
        (
            named("Node", "n", spec={"podCIDR": "10.0.0.0/40"}),
            "expected a network like `10.0.0.0/16`, got `10.0.0.0/40` - at .spec.podCIDR",
        ),
        (
            named("Service", "s", spec={"clusterIPs": ["none"]}),
            "expected an IP address, got `none` - at .spec.clusterIPs[0]",
        ),
        (
            named("Service", "s", status={"loadBalancer": {"ingress": [{"ip": "lb"}]}}),
            "expected an IP address, got `lb` - at .status.loadBalancer.ingress[0].ip",
        ),
        (
            service(port=80, targetPort=True),
            "expected `int | str`, got `bool` - at .spec.ports[0].targetPort",
        ),
        (
            service(port=80, targetPort=70000),
            "expected a port from 1 to 65535, got `70000` - at .spec.ports[0].targetPort",
        ),
        (service(nodePort=70000), "expected `int` <= 65535, got `70000` - at .spec.ports[0].nodePort"),
        (
            named("EndpointSlice", "e", ports=[{"port": "http"}]),
            "expected `int`, got `str` - at .ports[0].port",
        ),
        ({"kind": "Pod"}, "expected `metadata`, got none - at "),
        ({"metadata": {"name": "x"}}, "expected a Kubernetes object, got one without `kind` - at "),
        ({"kind": 3}, "expected `str`, got `int` - at .kind"),
        ({"kind": "PodList", "items": 3}, "expected `array`, got something else - at .items"),
    ],
)
def test_read_objects__says_what_is_wrong_with_an_object(made, expected):
    """A field that is not of its type is an error with file and path, in JSON and in YAML alike."""
    sentence, _, path = expected.partition(" - at ")
    assert refusals(made) == [f"{sentence} - at f $.items[1]{path}"]
    # JSON is YAML as long as it does not look like JSON.
    text = "# YAML\n" + text_of(SHOP, made).decode()
    assert problems(text) == [f"{sentence} - at f[1] $.items[1]{path}"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("[1]", "expected a Kubernetes object, got `int` - at f $[0]"),
        ('{"items": ["x"]}', "expected a Kubernetes object, got `str` - at f $.items[0]"),
        ('{"type": "ADDED", "object": [1]}', "expected a Kubernetes object, got `array` - at f $.object"),
        ('{"type": "TOLD", "object": {}}', "expected the type of a watch event, got `TOLD` - at f $.type"),
        (
            '{"kind": "Pod", "x": [1e999, '
            + "9" * 5000
            + '], "metadata": {"name": "a", "labels": {"v": 1}}}',
            "expected `str`, got `int` - at f $.metadata.labels.v",
        ),
        ('{"type": 1e999, "object": {}}', "number out of range - at f $"),
        ('{"items": [' * 9 + "]}" * 9, "expected lists at most 8 deep, got more - at f $" + ".items[0]" * 8),
        ("NAME READY STATUS", "expected a Kubernetes object, got `NAME READY STATUS` - at f[1] $"),
        ("---\n---\n3", "expected a Kubernetes object, got `3` - at f[2] $"),
        ("kind: Pod\nmetadata:\n  name: on", "expected `str`, got `bool` - at f[1] $.metadata.name"),
        (
            "kind: Namespace\nmetadata:\n  name: a\n  labels: {v: 1e3}",
            "expected `str`, got `float` - at f[1] $.metadata.labels.v",
        ),
        ("kind: yes", "expected `str`, got `bool` - at f[1] $.kind"),
    ],
)
def test_read_objects__says_what_is_wrong_with_a_value(content, expected):
    """A value that is no object is an error with its place."""
    assert problems(content) == [expected]


def test_read_objects__all_problems_of_all_files_are_told_together():
    """One broken object hides neither the other objects, nor the other files, nor later stages."""
    first = text_of(
        SHOP, pod(spec={"hostNetwork": 1}), pod("b", ip="b"), pod("c", metadata={"labels": {"x": 1}})
    )
    third = json.dumps({"kind": "Namespace", "metadata": {"name": "shop", "labels": {"other": "one"}}})
    assert problems(first, "[", third) == [
        "expected `bool`, got `int` - at f $.items[1].spec.hostNetwork",
        "expected an IP address, got `b` - at f $.items[2].status.podIPs[0].ip",
        "expected `str`, got `int` - at f $.items[3].metadata.labels.x",
        "JSON is malformed: the text ends inside a value opened in column 1 - at g:1",
        "expected Namespace `shop` once, got another one (first at f $.items[0]) - at h $",
    ]


def test_read_objects__deep_fields_do_not_hide_an_error():
    """Up to the depth where nothing is read an error is told, if need be without the label's name."""
    told = set()
    for depth in range(900, 1100):
        deep = f'{{"kind": "Pod", "x": {"[" * depth}{"]" * depth}, "metadata": {{"labels": {{"v": 1}}}}}}'
        (told_now,) = problems(deep)
        told.add(told_now)
    assert told <= {
        "expected `str`, got `int` - at f $.metadata.labels.v",
        "expected `str`, got `int` - at f $.metadata.labels",
        "JSON is malformed: nested too deeply in column 1 - at f:1",
    }


def test_read_objects__unneeded_objects_are_not_looked_at():
    """What is not needed may be anything."""
    odd = {"kind": "Widget", "items": 3, "type": 4, "object": [], "metadata": "none"}
    assert load_inventory([("f", text_of(SHOP, odd))]).n_other == 1


@pytest.mark.parametrize("seed", range(20))
def test_read_objects__mutilated_files_are_refused_or_read(seed):
    """Random damage to a file ends in an inventory or in an InventoryError with one line a problem."""
    rng = random.Random(seed)
    whole = text_of(SHOP, pod(), named("Node", "n1", spec={"podCIDR": "10.1.0.0/24"}), service(port=80))
    lines = b"\n".join(json.dumps(made).encode() for made in json.loads(whole)["items"])
    fragments = [
        b"{",
        b"]",
        b'"',
        b"\n",
        b"\x00",
        b"\xff",
        b"null",
        b"1e999",
        b"9" * 30,
        b"\\u",
        b"*a",
        b"&a ",
        b"<<: ",
    ]
    for _ in range(50):
        content = bytearray(rng.choice([whole, lines, b"# YAML\n" + whole]))
        for _ in range(rng.randrange(1, 5)):
            at = rng.randrange(len(content))
            content[at : at + rng.choice([0, 0, 1, 20])] = rng.choice(fragments)
        try:
            load_inventory([("f", bytes(content))])
        except InventoryError as error:
            assert len(str(error).splitlines()) == len(error.problems)  # noqa: PT017 - both ends are right
