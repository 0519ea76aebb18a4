"""How much of a document is read before it is refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one document, and on all of them, so that a hostile file costs little.

    Attributes
    ----------
    document_bytes : int
        Length of one document; etcd holds half of it at most.
    depth : int
        Mappings and lists inside one another, aliases followed.
    aliases : int
        Aliases in one YAML document.
    nodes : int
        Values of one document, each alias counted as what it repeats.
    policies : int
        Judged policies of one run.
    whole_json_bytes : int
        JSON texts up to this length are read whole; of longer ones only the policies.
    """

    document_bytes: int = 3 * 1024 * 1024
    depth: int = 64
    aliases: int = 1_000
    nodes: int = 1_000_000
    policies: int = 50_000
    whole_json_bytes: int = 1024 * 1024


DEFAULT_LIMITS = Limits()
