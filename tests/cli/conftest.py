"""The small cluster, for every test of the command line."""

from __future__ import annotations

from tests.small_cluster import cluster

__all__ = ["cluster"]
