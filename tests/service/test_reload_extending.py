"""Which changes of files extend the tables, and what is at rest meanwhile."""

from __future__ import annotations

import gc
import json

from auditor.service.reload import Outcome, Reloader
from auditor.service.sources import Sources
from tests.mounted import inventory, mount
from tests.service.test_reload import OTHER, look_twice, reloader, told
from tests.small_cluster import OBJECTS, POLICY, pod

__all__ = ["inventory", "mount", "reloader", "told"]


def write(inventory, *objects):
    """Write a cluster of these objects."""
    inventory.write_text(
        json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}), encoding="utf-8"
    )


def test_look__extends_the_tables_to_other_pods(reloader, mount, inventory, caplog):
    """A rollout needs no build; a pod that rules bind like none before does, and so do other policies."""
    caplog.set_level("INFO")
    rollout = [*OBJECTS[:2], pod("web", "10.0.0.7", hash="2"), pod("db", "10.0.0.2")]
    write(inventory, *rollout)
    assert look_twice(reloader) == Outcome("success")
    extended = reloader.take()
    assert str(extended.explain("10.0.0.7", "10.0.0.2", 5432).judgement.verdict) == "allowed"
    assert [each.role for each in extended.provenance.inputs] == ["policies", "inventory"]
    write(inventory, *rollout, pod("db2", "10.0.0.8", app="db", team="x"))
    assert look_twice(reloader) == Outcome("success")
    write(inventory, *rollout, pod("web2", "10.0.0.2"))
    assert look_twice(reloader) == Outcome("success")
    mount.swap(db=POLICY, more=OTHER)
    assert look_twice(reloader) == Outcome("success")
    lines = [line.auditor_fields for line in caplog.records]
    assert [(line["tables"], line.get("reason")) for line in lines] == [
        ("extended", None),
        ("extended", None),
        ("rebuilt", "peers that rules tell from all before"),
        ("rebuilt", "other policies"),
    ]
    assert extended.fingerprint == lines[0]["fingerprint"]
    fresh = Reloader(Sources([str(mount.folder)], [str(inventory)]))
    assert fresh.first().fingerprint == reloader.take().fingerprint == lines[-1]["fingerprint"]


def test_look__leaves_the_garbage_collector_as_it_was(reloader, mount):
    """It rests while files are read and compiled, also where that fails; who turned it off may want it so."""
    for is_on in (True, False):
        (gc.enable if is_on else gc.disable)()
        try:
            mount.swap(db=POLICY.replace("5432", "543200" if is_on else "5433"))
            look_twice(reloader)
            assert gc.isenabled() is is_on
        finally:
            gc.enable()
