"""How much of a document is read before it is refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one document, and on all of them, so that a hostile file costs little.

    Attributes
    ----------
    document_bytes : int
        Length of one document: ``kubectl get networkpolicies -A -o yaml`` prints those of a whole cluster as one.
    depth : int
        Mappings and lists inside one another, aliases followed.
    aliases : int
        Aliases in one YAML document.
    nodes : int
        Values of one document, keys among them, each alias counted as what it repeats: as many as
        ``document_bytes`` of such a list hold.
    repeated : int
        Those among them that aliases repeat: they cost time to look at, and nothing to write.
    policies : int
        Judged policies of one run.
    whole_json_bytes : int
        JSON texts up to this length are read whole; of longer ones only the policies.
    """

    document_bytes: int = 64 * 1024 * 1024
    depth: int = 64
    aliases: int = 1_000
    nodes: int = 8_000_000
    repeated: int = 1_000_000
    policies: int = 50_000
    whole_json_bytes: int = 1024 * 1024


DEFAULT_LIMITS = Limits()
