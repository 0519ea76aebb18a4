"""Seconds and memory for reading an inventory of 10 000 pods from JSON, as large as kubectl prints them.

::

    python bench/bench_inventory.py [PODS]

Writes the file into a temporary folder, reads it in a process of its own (so that peak memory is that of
reading), and prints wall and CPU seconds, bytes a second, and the peak of resident memory.
"""

from __future__ import annotations

import json
import multiprocessing
import platform
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from auditor.inventory.load import load_inventory

SEED = 20_261_123
PODS_A_NODE = 50


def fields_of(words: list[str], rng: random.Random) -> dict[str, object]:
    """Return a ``fieldsV1`` tree of some 60 fields."""
    tree: dict[str, object] = {".": {}}
    for word in words:
        below = {f"f:{other}": {} for other in rng.choices(words, k=6)}
        tree[f"f:{word}"] = {".": {}, f'k:{{"name":"{word}"}}': below}
    return tree


def pod(
    index: int, rng: random.Random, words: list[str]
) -> tuple[dict[str, object], list[dict[str, object]]]:
    """Return a pod of about the size of one in a managed cluster, and its ``managedFields``."""
    node = index // PODS_A_NODE
    app = f"app-{rng.randrange(300)}"
    address = f"10.{64 + (index >> 16)}.{index >> 8 & 255}.{index & 255}"
    name = f"{app}-785fcf7bdd-{index:05x}"
    env = [
        {"name": f"{word.upper()}_SERVICE_HOST", "value": f"{word}.{app}.svc.cluster.local"}
        for word in words[:6]
    ]
    container = {
        "name": app,
        "image": f"registry.example.com/{app}:v1.{rng.randrange(90)}",
        "env": env,
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "resources": {"limits": {"cpu": "500m", "memory": "256Mi"}, "requests": {"cpu": "100m"}},
        "volumeMounts": [{"name": word, "mountPath": f"/etc/{word}", "readOnly": True} for word in words[:5]],
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 10},
    }
    managed = [
        {
            "manager": manager,
            "operation": "Update",
            "fieldsType": "FieldsV1",
            "fieldsV1": fields_of(part, rng),
        }
        for manager, part in (("kube-controller-manager", words[:8]), ("kubelet", words[6:11]))
    ]
    moment = f"2026-08-{1 + index % 28:02d}T{index % 24:02d}:07:46Z"
    names = ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    made: dict[str, object] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": f"team-{rng.randrange(40)}",
            "uid": f"{rng.getrandbits(128):032x}",
            "resourceVersion": str(72_000_000 + index),
            "creationTimestamp": moment,
            "labels": {"app": app, "pod-template-hash": "785fcf7bdd", "tier": rng.choice(words)},
            "annotations": {"checksum/config": f"{rng.getrandbits(256):064x}"},
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "ReplicaSet",
                    "name": f"{app}-785fcf7bdd",
                    "controller": True,
                }
            ],
            "managedFields": managed,
        },
        "spec": {
            "containers": [container, {**container, "name": "sidecar", "ports": []}],
            "nodeName": f"node-{node}",
            "tolerations": [{"key": word, "operator": "Exists", "effect": "NoExecute"} for word in words[:6]],
            "volumes": [
                {"name": word, "configMap": {"name": word, "defaultMode": 420}} for word in words[:5]
            ],
        },
        "status": {
            "phase": "Running",
            "hostIP": f"172.16.{node >> 8}.{node & 255}",
            "podIP": address,
            "podIPs": [{"ip": address}],
            "startTime": moment,
            "conditions": [{"type": word, "status": "True", "lastTransitionTime": moment} for word in names],
        },
    }
    return made, managed


def write(path: Path, n_pods: int) -> float:
    """Write the list as kubectl indents it; return the share of ``managedFields`` in it."""
    rng = random.Random(SEED)
    words = [f"{prefix}{suffix}" for prefix in ("metrics", "proxy", "cache") for suffix in "abcdefgh"]
    n_bytes = n_managed = 0
    with path.open("w") as file:
        file.write('{\n    "apiVersion": "v1",\n    "items": [\n')
        for index in range(n_pods):
            made, managed = pod(index, rng, words)
            text = json.dumps(made, indent=4)
            n_bytes += len(text)
            n_managed += len(json.dumps({"metadata": {"managedFields": managed}}, indent=4))
            file.write(text + (",\n" if index + 1 < n_pods else "\n"))
        file.write('    ],\n    "kind": "List",\n    "metadata": {"resourceVersion": ""}\n}\n')
    return n_managed / n_bytes


def read(path: Path) -> None:
    """Read the file once and print what that cost."""
    content = path.read_bytes()
    before = resource.getrusage(resource.RUSAGE_SELF)
    wall = time.perf_counter()
    loaded = load_inventory([(path.name, content)])
    wall = time.perf_counter() - wall
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    n_bytes = len(content)
    print(f"pods {loaded.n_pods}, nodes {loaded.n_nodes}, namespaces {loaded.n_namespaces}")
    print(f"wall {wall:.2f} s, cpu {cpu:.2f} s, {n_bytes / wall / 1e6:.0f} MB/s")
    print(
        f"peak resident memory {after.ru_maxrss / 1024:.0f} MiB, of which the file {n_bytes / 2**20:.0f} MiB"
    )


def main() -> None:
    """Make the file, read it, print."""
    n_pods = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pods.json"
        share = write(path, n_pods)
        size = path.stat().st_size
        print(f"Python {platform.python_version()}, msgspec {msgspec.__version__}, {platform.machine()}")
        print(f"{size / 1e6:.0f} MB, {size / n_pods / 1000:.1f} kB a pod, managedFields {share:.0%}")
        reader = multiprocessing.get_context("spawn").Process(target=read, args=(path,))
        reader.start()
        reader.join()
        sys.exit(reader.exitcode)


if __name__ == "__main__":
    main()
