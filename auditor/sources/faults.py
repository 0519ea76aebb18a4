"""How much of a document is read, and what can be wrong with it; the words are the readers' own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class TextLimits:
    """Bounds on one document, so that a hostile one costs little.

    Attributes
    ----------
    document_bytes : int
        Length: ``kubectl get networkpolicies -A -o yaml`` prints those of a whole cluster as one document.
    depth : int
        Mappings and lists inside one another, aliases followed.
    aliases : int
        How many there may be.
    values : int
        Scalars, keys, mappings and lists, each alias counted as what it repeats: as many as
        ``document_bytes`` of such a list hold.
    repeated : int
        Those among them that aliases repeat: they cost time to look at, and nothing to write.
    """

    document_bytes: int = 64 * 1024 * 1024
    depth: int = 64
    aliases: int = 1_000
    values: int = 8_000_000
    repeated: int = 1_000_000


class Wrong(Enum):
    """What can be wrong with a document."""

    LENGTH = auto()
    """More bytes than the limit; the text says how many."""
    SYNTAX = auto()
    """No YAML; the text says why, the context in what."""
    CHARACTER = auto()
    """A character that may not stand in YAML."""
    DEPTH = auto()
    ALIASES = auto()
    VALUES = auto()
    REPEATED = auto()
    NO_ANCHOR = auto()
    """An alias without an anchor before it; the text is its name."""
    INSIDE = auto()
    """An alias inside the value it repeats; the text is its name."""
    KEY = auto()
    """A null as key, written as the text says."""
    COLLECTION_KEY = auto()
    """A mapping or list as key; the text says which."""
    ALIAS_KEY = auto()
    """A key that repeats what cannot be a key; the text is the name of the alias."""
    KEY_TWICE = auto()
    """The text is a key that its mapping has already."""
    MERGE = auto()
    """Something else than mappings under ``<<``; the text is a description of it."""
    TAG = auto()
    """A scalar whose tag, in the context, JSON has no value for; the text is how it is written."""
    COLLECTION_TAG = auto()
    """The same of a mapping or list."""


class Fault(NamedTuple):
    """Something wrong: what, on which line of the file, and the piece of text that shows it."""

    wrong: Wrong
    line: int
    text: str = ""
    context: str = ""
