"""Policies nobody here wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.errors import UnsupportedPolicyError
from auditor.policies.load import load_policies

CORPORA = Path(__file__).parents[2].parent / "shared" / "corpora" / "policies"
pytestmark = pytest.mark.skipif(not CORPORA.exists(), reason="the corpora folder is absent")


def folders(name):
    """Return the case folders of one corpus."""
    return sorted(CORPORA.glob(f"{name}/*/policies.yaml"))


@pytest.mark.parametrize("name", ["random-networkpolicy", "matrix"])
def test_load_policies__takes_every_network_policy(name):
    """All of them load, each document a policy; clusters given beside them add none."""
    files = folders(name)
    assert len(files) >= 60
    for file in files:
        loaded = load_policies(
            [(str(path), path.read_bytes()) for path in sorted(file.parent.glob("*.yaml"))]
        )
        assert loaded.n_documents == file.read_text(encoding="utf-8").count("kind: NetworkPolicy\n") > 0


@pytest.mark.parametrize("name", ["random-clusternetworkpolicy", "clusternetworkpolicy-conformance"])
def test_load_policies__refuses_every_cluster_wide_policy(name):
    """Policies of tiers are refused, or opaque on request."""
    for file in folders(name):
        files = [(str(file), file.read_bytes())]
        n_tiered = file.read_text(encoding="utf-8").count("kind: ClusterNetworkPolicy\n")
        if n_tiered == 0:
            continue
        with pytest.raises(UnsupportedPolicyError) as caught:
            load_policies(files)
        assert len(caught.value.problems) == n_tiered
        assert len(load_policies(files, allow_unsupported=True).policies.opaque) == n_tiered
