"""Policies and inventory from files, together."""

from __future__ import annotations

import gzip
import hashlib
import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from auditor.errors import ConfigError, InventoryError, PolicyError, SourceError
from auditor.loading import load
from tests.small_cluster import INVENTORY, POLICY, cluster

__all__ = ["cluster"]

FILES = (["policies.yaml"], ["cluster.json"])
BROKEN = POLICY.replace("5432", "543200")


def piped(monkeypatch, content):
    """Put bytes into standard input."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))


def test_load__reads_policies_and_inventory(cluster):
    """Both come with their files, hashed as they lie on the disk."""
    loaded = load(*FILES)
    assert [policy.name for policy in loaded.policies.policies] == ["db"]
    assert [document.name for document in loaded.documents] == ["db"]
    assert len(loaded.inventory.endpoints) == 3
    assert (loaded.problems, loaded.warnings, loaded.skipped) == ((), (), ())
    assert [(each.role, each.file, each.digest) for each in loaded.inputs] == [
        (role, name, hashlib.sha256(Path(name).read_bytes()).hexdigest())
        for role, name in (("policies", "policies.yaml"), ("inventory", "cluster.json"))
    ]


def test_load__can_do_without_an_inventory(cluster):
    """Policies alone are enough for a lint."""
    assert load(FILES[0], None).inventory is None


def test_load__reads_compressed_files(cluster):
    """What gzip has shrunk is recognised by its bytes, for policies as for inventories."""
    for name in ("policies.yaml", "cluster.json"):
        path = Path(name)
        path.write_bytes(gzip.compress(path.read_bytes()))
    loaded = load(*FILES)
    assert len(loaded.policies.policies) == 1
    assert loaded.inputs[0].size_bytes == Path("policies.yaml").stat().st_size


def test_load__reads_the_list_of_a_large_cluster(cluster):
    """What `kubectl get networkpolicies -A -o yaml` prints is one document, however many policies it lists."""
    noted = POLICY.replace("{name: db,", "{name: db%d, annotations: {note: " + "x" * 100_000 + "},")
    listed = "".join(f"- {(noted % n).replace(chr(10), chr(10) + '  ').rstrip()}\n" for n in range(60))
    text = f"apiVersion: v1\nkind: List\nitems:\n{listed}"
    assert len(text) > 6_000_000
    Path("policies.yaml").write_text(text, encoding="utf-8")
    assert len(load(*FILES).policies.policies) == 60


def test_load__takes_one_file_for_both(cluster):
    """Policies may lie among the objects of the inventory; the file counts in both roles."""
    Path("all.yaml").write_text(f"{POLICY}---\n{INVENTORY}", encoding="utf-8")
    loaded = load(["all.yaml"], ["all.yaml"])
    assert (len(loaded.policies.policies), len(loaded.inventory.endpoints)) == (1, 3)
    assert [(each.role, each.file) for each in loaded.inputs] == [
        ("policies", "all.yaml"),
        ("inventory", "all.yaml"),
    ]


def test_load__reads_standard_input_once(cluster, monkeypatch):
    """`-` may be policies, inventory or both; its size is not known, its hash is."""
    content = f"{POLICY}---\n{INVENTORY}".encode()
    piped(monkeypatch, content)
    loaded = load(["-"], ["-"])
    assert (len(loaded.policies.policies), len(loaded.inventory.endpoints)) == (1, 3)
    digest = hashlib.sha256(content).hexdigest()
    assert [(each.file, each.size_bytes, each.digest) for each in loaded.inputs] == [("-", None, digest)] * 2


def test_load__skips_files_and_says_so(cluster):
    """An empty file beside others is left out by name."""
    Path("empty.yaml").write_bytes(b"")
    Path("sub").mkdir()
    Path("sub/.swp").write_bytes(b"x")
    Path("sub/more.yaml").write_text(POLICY.replace("name: db", "name: b"), encoding="utf-8")
    loaded = load(["policies.yaml", "empty.yaml", "sub"], FILES[1])
    assert len(loaded.policies.policies) == 2
    assert loaded.skipped == (("empty.yaml", "empty"), ("sub/.swp", "hidden"))


@pytest.mark.parametrize(
    ("policies", "inventory", "message"),
    [
        ([], None, "expected policies, came none; `--policies` takes files or folders of manifests"),
        (
            ["policies.yaml"],
            [],
            "expected an inventory, came none; `--inventory` takes what `kubectl get ... -o json` prints",
        ),
    ],
)
def test_load__needs_files(cluster, policies, inventory, message):
    """No path at all is an error, not an empty answer."""
    with pytest.raises(ConfigError) as caught:
        load(policies, inventory)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("policies", "inventory", "message"),
    [
        ("empty", "cluster.json", "expected policies, came nothing: every file is empty - at empty"),
        ("policies.yaml", "empty", "expected an inventory, came nothing: every file is empty - at empty"),
    ],
)
def test_load__needs_content(cluster, policies, inventory, message):
    """What a failed command left is an error: no policies would mean that everything is allowed."""
    Path("empty").write_bytes(b"")
    with pytest.raises(SourceError) as caught:
        load([policies], [inventory])
    assert str(caught.value) == message


def test_load__needs_pods(cluster):
    """An inventory without pods binds no flow, and would make every one allowed."""
    with pytest.raises(InventoryError) as caught:
        load(FILES[0], ["policies.yaml"])
    assert str(caught.value) == (
        "expected an inventory with pods, found none that has addresses of its own - at policies.yaml"
    )


def test_load__warns_without_policies(cluster):
    """A cluster without any policy exists; that it has none is said."""
    Path("policies.yaml").write_text("apiVersion: v1\nkind: List\nitems: []\n", encoding="utf-8")
    assert load(*FILES).warnings == (
        "expected network policies, found none: every pod is open to all - at policies.yaml",
    )


def test_load__reports_all_problems_of_both(cluster):
    """Problems of policies and inventory come together, in the order of their places."""
    Path("policies.yaml").write_text(BROKEN, encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load(*FILES)
    assert len(caught.value.problems) == 1
    Path("cluster.json").write_text(INVENTORY.replace("10.0.0.2", "x"), encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load(*FILES)
    assert [problem.origin.file for problem in caught.value.problems] == ["cluster.json", "policies.yaml"]
    Path("policies.yaml").write_text(POLICY, encoding="utf-8")
    with pytest.raises(InventoryError):
        load(*FILES)


def test_load__refuses_pod_networks_without_a_meaning(cluster):
    """A pod network is a CIDR block."""
    with pytest.raises(ConfigError) as caught:
        load(*FILES, pod_networks=["10.0.0.0/99"])
    assert str(caught.value) == "expected a pod network like `10.0.0.0/16`, got `10.0.0.0/99`"
