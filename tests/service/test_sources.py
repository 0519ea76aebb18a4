"""What tables are made from."""

from __future__ import annotations

import json

import pytest
import yaml

from auditor.errors import ConfigError
from auditor.ir.model import Switches
from auditor.service import sources
from auditor.service.sources import NO_POLICIES, Sources
from tests.mounted import inventory, mount
from tests.small_cluster import INVENTORY, OBJECTS, POLICY

__all__ = ["inventory", "mount"]

OTHER = POLICY.replace("name: db,", "name: db2,")


def noted(monkeypatch, name, read):
    """Add the name of a reader to a list whenever it reads."""
    load = getattr(sources, name)

    def reading(files, **options):
        read.append(name)
        return load(files, **options)

    monkeypatch.setattr(sources, name, reading)


def test_compile__reads_only_what_changed(mount, inventory, monkeypatch):
    """Policies are not parsed again for a pod more, nor pods for a policy more."""
    read = []
    for name in ("load_policies", "load_inventory"):
        noted(monkeypatch, name, read)
    made = Sources([str(mount.folder)], [str(inventory)])
    made.compile()
    mount.swap(db=POLICY, more=OTHER)
    made.compile()
    inventory.write_text(INVENTORY.replace("n1", "n2"), encoding="utf-8")
    tables, _ = made.compile()
    assert read == ["load_policies", "load_inventory", "load_policies", "load_inventory"]
    assert [policy.name for policy in tables.policies.policies] == ["db", "db2"]
    assert tables.inventory.endpoints[-1].node == "n2"


def test_compile__is_what_an_audit_would_build(mount, inventory):
    """With the same readings of the API, and the same record of its files."""
    switches = Switches("judge", "ignore")
    made = Sources([str(mount.folder)], [str(inventory)], switches, pod_networks=["10.9.0.0/16"])
    tables, _ = made.compile()
    assert tables.switches == switches
    assert tables.provenance.options == {"allow_unsupported": False, "pod_cidr": ["10.9.0.0/16"]}


def test_compile__refuses_no_policies(mount, inventory):
    """Unless they were announced."""
    mount.swap(db="apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n")
    with pytest.raises(ConfigError) as caught:
        Sources([str(mount.folder)], [str(inventory)]).compile()
    assert str(caught.value) == NO_POLICIES
    assert str(caught.value) == (
        "expected network policies, found none; `--allow-empty-policies` judges by none, and so allows everything"
    )
    assert (
        not Sources([str(mount.folder)], [str(inventory)], allow_empty=True)
        .compile()
        .tables.policies.policies
    )


def test_compile__takes_no_policies_from_the_inventory(mount, inventory):
    """An empty folder means none, whatever else lies in the dump of a cluster."""
    mount.swap()
    dump = {"apiVersion": "v1", "kind": "List", "items": [*OBJECTS, yaml.safe_load(POLICY)]}
    inventory.write_text(json.dumps(dump), encoding="utf-8")
    assert (
        not Sources([str(mount.folder)], [str(inventory)], allow_empty=True)
        .compile()
        .tables.policies.policies
    )
