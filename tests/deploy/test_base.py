"""The base for kustomize: what the chart renders with its defaults, looked at as Kubernetes would."""

from __future__ import annotations

import json

import pytest

from auditor.inventory.load import load_inventory
from auditor.ir.ask import connection
from auditor.ir.evaluate import evaluate
from auditor.ir.model import Verdict
from auditor.policies.load import load_policies
from auditor.service.web import parse_address
from tests.deploy.programs import DEPLOY, by_kind, run, template

BASE = DEPLOY / "kustomize" / "base"
FLAGS = {
    "policies",
    "inventory",
    "brokers",
    "topic",
    "group",
    "assignment",
    "out",
    "roll-rows",
    "roll-bytes",
    "roll-seconds",
    "grace-seconds",
    "http-address",
    "log-format",
}


@pytest.fixture(scope="module")
def objects():
    """Return the objects of the base, by kind."""
    return by_kind((BASE / "auditor.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pod(objects):
    """Return what a pod of it is."""
    return objects["StatefulSet"]["spec"]["template"]["spec"]


@pytest.fixture(scope="module")
def container(pod):
    """Return its only container."""
    (only,) = pod["containers"]
    return only


def test_base__is_what_the_chart_renders():
    """`make deploy-render` was run after the last change of the chart."""
    assert template().stdout == (BASE / "auditor.yaml").read_text(encoding="utf-8")


def test_base__is_a_base():
    """Kustomize takes it, and loses nothing."""
    answer = run("kubectl", "kustomize", BASE)
    assert answer.returncode == 0, answer.stderr
    assert by_kind(answer.stdout) == by_kind((BASE / "auditor.yaml").read_text(encoding="utf-8"))


def test_base__has_what_it_needs(objects):
    """And no Secret: those are somebody else's."""
    kinds = {"StatefulSet", "Service", "ServiceAccount", "PodDisruptionBudget", "NetworkPolicy"}
    assert objects.keys() == kinds


def test_selectors__choose_the_pods(objects):
    """Each of them by labels that every pod has, and which never change."""
    labels = objects["StatefulSet"]["spec"]["template"]["metadata"]["labels"]
    selectors = [
        objects["StatefulSet"]["spec"]["selector"]["matchLabels"],
        objects["Service"]["spec"]["selector"],
        objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    ]
    assert all(selector == selectors[0] and selector.items() <= labels.items() for selector in selectors)
    assert "app.kubernetes.io/version" not in selectors[0]


def test_pod__may_do_nothing(pod, container):
    """As the strictest of the pod security standards asks, and no token at all."""
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    inside = pod["securityContext"]
    assert (inside["runAsNonRoot"], inside["runAsUser"]) == (True, 65532)
    assert inside["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()


def test_pod__mounts_whole_volumes(pod, container):
    """Changed ConfigMaps never arrive below a subPath; only what is written to can be written to."""
    volumes = {volume["name"] for volume in pod["volumes"]} | {"out"}
    mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
    assert mounts.keys() == volumes
    assert not any("subPath" in mount or "subPathExpr" in mount for mount in mounts.values())
    assert {name for name, mount in mounts.items() if not mount.get("readOnly")} == {"out", "tmp"}


def test_pod__has_time_to_stop(pod, container):
    """More than it takes for itself."""
    (grace,) = [each for each in container["args"] if each.startswith("--grace-seconds=")]
    assert pod["terminationGracePeriodSeconds"] == int(grace.partition("=")[2]) + 15


def test_pod__is_bounded(container):
    """It asks for what it needs and is ended at some amount of memory; processors are never withheld."""
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}
    assert container["resources"]["limits"].keys() == {"memory"}


def test_arguments__are_those_of_the_command(container):
    """With values in the same word, so that nothing is split."""
    command, *flags = container["args"]
    assert command == "stream"
    assert {flag.partition("=")[0].removeprefix("--") for flag in flags} == FLAGS
    values = dict(flag.removeprefix("--").split("=", 1) for flag in flags)
    assert all(values[name].isdigit() for name in FLAGS if name.endswith(("rows", "bytes", "seconds")))
    assert parse_address(values["http-address"]).port == container["ports"][0]["containerPort"]


def test_probes__ask_the_pages_of_the_server(container):
    """Each its own, by the name of the port."""
    asked = {probe: container[f"{probe}Probe"]["httpGet"] for probe in ("startup", "liveness", "readiness")}
    assert asked == {
        "startup": {"path": "/startupz", "port": "http"},
        "liveness": {"path": "/livez", "port": "http"},
        "readiness": {"path": "/readyz", "port": "http"},
    }


def listed(*objects):
    """Return objects as a file of an inventory."""
    return [("cluster.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}).encode())]


def a_pod(namespace, name, address, labels):
    """Return a pod as the API server prints it."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"nodeName": "n", "containers": [{"name": "c"}]},
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
    }


@pytest.mark.parametrize(
    ("source", "destination", "port", "protocol", "verdict"),
    [
        ("prometheus/server", "default/auditor", 8080, "TCP", Verdict.ALLOWED),
        ("prometheus/server", "default/auditor", 22, "TCP", Verdict.DENIED),
        ("198.51.100.1", "default/auditor", 8080, "TCP", Verdict.DENIED),
        ("default/auditor", "198.51.100.1", 9092, "TCP", Verdict.ALLOWED),
        ("default/auditor", "198.51.100.1", 53, "UDP", Verdict.ALLOWED),
        ("default/auditor", "198.51.100.1", 443, "TCP", Verdict.DENIED),
        ("default/auditor", "prometheus/server", 80, "TCP", Verdict.DENIED),
    ],
)
def test_network_policy__allows_what_is_needed(objects, source, destination, port, protocol, verdict):
    """Judged by the auditor itself: metrics from the cluster, names, Kafka, and nothing else."""
    policies = load_policies([("base.yaml", json.dumps(objects["NetworkPolicy"]).encode())]).policies
    labels = objects["StatefulSet"]["spec"]["template"]["metadata"]["labels"]
    spaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {}}}
        for name in ("default", "prometheus")
    ]
    inventory = load_inventory(
        listed(
            *spaces,
            a_pod("default", "auditor", "10.0.0.1", labels),
            a_pod("prometheus", "server", "10.0.0.2", {}),
        ),
        pod_networks=["10.0.0.0/16"],
    ).inventory
    asked = connection(inventory, source, destination, port, protocol)
    assert evaluate(inventory, policies, asked).verdict is verdict
