"""The Helm chart with other values than its defaults."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.deploy.programs import CHART, by_kind, rendered, run, template

STORE = ("output.kind=store", "output.url=s3://flows/judged")


def pod_of(objects):
    """Return what a pod is."""
    (workload,) = [objects[kind] for kind in ("StatefulSet", "Deployment") if kind in objects]
    return workload["spec"]["template"]["spec"]


def arguments_of(objects):
    """Return the flags by name."""
    return dict(
        flag.removeprefix("--").partition("=")[::2] for flag in pod_of(objects)["containers"][0]["args"][1:]
    )


def test_chart__passes_its_own_linter():
    """Strictly."""
    answer = run("helm", "lint", "--strict", CHART)
    assert answer.returncode == 0, answer.stdout


def test_schema__describes_every_value():
    """What may be set is described, all the way down; what is described may be set."""
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))

    def compare(value, described, path):
        described = (
            schema["definitions"][described["$ref"].rsplit("/", 1)[1]] if "$ref" in described else described
        )
        if "properties" not in described:
            return
        assert described["additionalProperties"] is False, path
        assert value.keys() == described["properties"].keys() - {"global"}, path
        for key, each in value.items():
            compare(each, described["properties"][key], f"{path}.{key}")

    compare(values, schema, "$")


@pytest.mark.parametrize(
    ("values", "kind", "has_claim"),
    [
        ((), "StatefulSet", True),
        (("kafka.assignment=static", "replicas=3"), "StatefulSet", True),
        (("output.existingClaim=shared", "replicas=3"), "Deployment", False),
        ((*STORE, "replicas=3"), "Deployment", False),
        ((*STORE, "replicas=3", "kafka.assignment=static"), "StatefulSet", False),
    ],
)
def test_workload__is_what_its_state_asks_for(values, kind, has_claim):
    """Pods that differ in disk or number are a StatefulSet; the rest may be exchanged."""
    workload = rendered(*values)[kind]
    assert ("volumeClaimTemplates" in workload["spec"]) == has_claim
    assert workload["spec"]["replicas"] == (3 if "replicas=3" in values else 1)


def test_output__goes_where_it_is_told():
    """To a claim that is there already, or to a store that needs no volume."""
    shared = pod_of(rendered("output.existingClaim=shared"))
    assert {"name": "out", "persistentVolumeClaim": {"claimName": "shared"}} in shared["volumes"]
    store = rendered(*STORE)
    assert arguments_of(store)["out"] == "s3://flows/judged"
    assert "out" not in {volume["name"] for volume in pod_of(store)["volumes"]}
    ports = [rule["ports"][0]["port"] for rule in store["NetworkPolicy"]["spec"]["egress"]]
    assert ports == [53, 9092, 443]


def test_assignment__by_number_knows_the_pod():
    """Which it is, of how many."""
    objects = rendered("kafka.assignment=static", "replicas=3")
    assert arguments_of(objects)["assignment"] == "static:$(POD_INDEX)/3"
    (variable,) = pod_of(objects)["containers"][0]["env"]
    assert variable["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.labels['apps.kubernetes.io/pod-index']"


def test_secrets__are_referred_to():
    """By name; the chart never holds one."""
    objects = rendered('secretRefs:=["kafka", "store"]')
    refs = pod_of(objects)["containers"][0]["envFrom"]
    assert refs == [{"secretRef": {"name": "kafka"}}, {"secretRef": {"name": "store"}}]
    assert "Secret" not in objects


def test_volumes__of_policies_and_inventory_can_be_others():
    """An inventory that is too large for a ConfigMap."""
    claim = {"persistentVolumeClaim": {"claimName": "cluster"}}
    volumes = pod_of(rendered(f"inventory.volume:={json.dumps(claim)}"))["volumes"]
    assert {"name": "inventory", **claim} in volumes


def test_values__reach_the_pod():
    """Those that the chart only passes on."""
    objects = rendered(
        "image.digest=sha256:" + "0" * 64,
        "kafka.format=vpc-text",
        "policies.allowEmpty=true",
        'extraArgs:=["--own-node=judge"]',
        'extraEnv:=[{"name": "A", "value": "b"}]',
        'tolerations:=[{"operator": "Exists"}]',
        'nodeSelector:={"pool": "audit"}',
        'podLabels:={"team": "security"}',
        'podAnnotations:={"note": "x"}',
        'imagePullSecrets:=[{"name": "pull"}]',
        'affinity:={"podAntiAffinity": {}}',
        'topologySpreadConstraints:=[{"maxSkew": 1}]',
        "priorityClassName=high",
        "nameOverride=judge",
    )
    workload = objects["StatefulSet"]
    pod = pod_of(objects)
    assert workload["metadata"]["name"] == "judge"
    assert workload["spec"]["template"]["metadata"]["labels"]["team"] == "security"
    assert workload["spec"]["template"]["metadata"]["annotations"] == {"note": "x"}
    assert pod["containers"][0]["image"] == "flow-log-auditor@sha256:" + "0" * 64
    assert pod["containers"][0]["env"] == [{"name": "A", "value": "b"}]
    flags = arguments_of(objects)
    assert (flags["format"], flags["allow-empty-policies"], flags["own-node"]) == ("vpc-text", "", "judge")
    assert (pod["tolerations"], pod["nodeSelector"]) == ([{"operator": "Exists"}], {"pool": "audit"})
    assert (pod["affinity"], pod["priorityClassName"]) == ({"podAntiAffinity": {}}, "high")
    assert (pod["topologySpreadConstraints"], pod["imagePullSecrets"]) == (
        [{"maxSkew": 1}],
        [{"name": "pull"}],
    )


def test_guards__can_be_left_out_or_closed():
    """Nobody may ask for metrics where no peers are named."""
    objects = rendered("podDisruptionBudget.enabled=false", "networkPolicy.metricsFrom:=[]")
    assert "PodDisruptionBudget" not in objects
    assert objects["NetworkPolicy"]["spec"]["ingress"] == []
    assert "NetworkPolicy" not in rendered("networkPolicy.enabled=false")


def test_monitoring__comes_when_asked_for():
    """With the files that Prometheus and Grafana are given elsewhere."""
    objects = rendered(
        "serviceMonitor.enabled=true",
        "prometheusRule.enabled=true",
        "dashboard.enabled=true",
        "serviceMonitor.labels.a=b",
    )
    monitor = objects["ServiceMonitor"]
    assert monitor["spec"]["endpoints"] == [{"port": "http", "path": "/metrics", "interval": "30s"}]
    assert (
        monitor["spec"]["selector"]["matchLabels"].items() <= objects["Service"]["metadata"]["labels"].items()
    )
    assert monitor["metadata"]["labels"]["a"] == "b"
    alerts = yaml.safe_load((CHART / "files" / "alerts.yaml").read_text(encoding="utf-8"))
    assert objects["PrometheusRule"]["spec"] == alerts
    dashboard = (CHART / "files" / "dashboard.json").read_text(encoding="utf-8")
    assert json.loads(objects["ConfigMap"]["data"]["flow-log-auditor.json"]) == json.loads(dashboard)


def test_chart__refuses_replicas_with_a_disk_each():
    """Partitions would move away from what was written of them."""
    answer = template("replicas=2")
    assert answer.returncode == 1
    assert (
        "expected one replica, or `output.kind: store`, or an `output.existingClaim` that many can mount, or "
        "`kafka.assignment: static`: partitions move between replicas, and each of them sees its own disk only"
    ) in answer.stderr


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("replica=2", "additional properties 'replica' not allowed"),
        ("kafka.brokers:=[]", "at '/kafka/brokers': minItems"),
        ('kafka.brokers:=["kafka"]', "at '/kafka/brokers/0'"),
        ("kafka.topic=a/b", "at '/kafka/topic'"),
        ("kafka.assignment=some", "at '/kafka/assignment'"),
        ("output.kind=store", "at '/output/url'"),
        ("output.url=s3://user:password@bucket", "at '/output/url'"),
        ("output.rollSeconds=0", "at '/output/rollSeconds'"),
        ("image.digest=latest", "at '/image/digest'"),
        ("graceSeconds=soon", "at '/graceSeconds'"),
    ],
)
def test_schema__refuses_what_has_no_meaning(value, place):
    """Before anything is installed, and with the place."""
    answer = template(value)
    assert answer.returncode == 1
    assert place in answer.stderr


def test_by_kind__sees_nothing_twice():
    """Two objects of a kind would hide each other from the tests above."""
    with pytest.raises(AssertionError):
        by_kind("kind: A\n---\nkind: A\n")
