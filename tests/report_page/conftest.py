"""The small cluster, for tests that audit it."""

from __future__ import annotations

from tests.small_cluster import cluster

__all__ = ["cluster"]
