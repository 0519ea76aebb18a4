"""What policies mean: subjects, peers, ports and rules, every default applied."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.errors import Origin
    from auditor.ir.addresses import Network


class Direction(IntEnum):
    """Direction of a rule, as seen by its subject."""

    INGRESS = 0
    EGRESS = 1


class Operator(StrEnum):
    """How a requirement compares a label; what an absent key means is written in ``selectors.py``."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one label key; ``values`` is sorted, without repeats, empty for the existence operators."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Selector:
    """Requirements that must all hold; none of them is everything."""

    requirements: tuple[Requirement, ...] = ()


EVERYTHING = Selector()


@dataclass(frozen=True, slots=True)
class EndpointPeer:
    """Pods chosen by label. Matches pods only, never an address that is no pod.

    Attributes
    ----------
    namespaces : str or Selector
        The one namespace of that name, or all namespaces whose labels match.
    pods : Selector
        Over the labels of the pods in those namespaces.
    """

    namespaces: str | Selector
    pods: Selector


@dataclass(frozen=True, slots=True)
class BlockPeer:
    """Addresses inside ``network`` and outside every one of ``excepts``, whoever owns them."""

    network: Network
    excepts: tuple[Network, ...] = ()


Peer = EndpointPeer | BlockPeer


@dataclass(frozen=True, slots=True)
class PortRange:
    """Destination ports ``first..last`` (closed) of one protocol."""

    protocol: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class NamedPort:
    """The port that the destination pod declares under this name for this protocol; nothing where it declares none."""

    protocol: int
    name: str


PortMatch = PortRange | NamedPort


@dataclass(frozen=True, slots=True)
class Rule:
    """One ingress or egress entry of a policy: what it allows.

    Attributes
    ----------
    direction : Direction
        Which side of a connection it speaks about.
    index : int
        Place in the list of its direction, from 0.
    peers : tuple of Peer or None
        Any of them must match; None is everybody, also what is no pod.
    ports : tuple of PortMatch or None
        Any of them must match; None is every port of every protocol.
    origin : Origin
        Where it is written.
    """

    direction: Direction
    index: int
    peers: tuple[Peer, ...] | None
    ports: tuple[PortMatch, ...] | None
    origin: Origin = field(compare=False)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that isolates its subjects and allows what its rules say.

    Attributes
    ----------
    kind, namespace, name : str
        The object; subjects lie in ``namespace``.
    subject : Selector
        Over the labels of the pods of ``namespace``.
    directions : frozenset of Direction
        For which it isolates; rules of another direction were dropped when it was lowered.
    rules : tuple of Rule
        Ingress before egress, each by index.
    origin : Origin
        Where it is written.
    """

    kind: str
    namespace: str
    name: str
    subject: Selector
    directions: frozenset[Direction]
    rules: tuple[Rule, ...]
    origin: Origin = field(compare=False)


@dataclass(frozen=True, slots=True)
class OpaquePolicy:
    """A policy of a kind nobody here understands: what it could touch is UNKNOWN.

    ``namespace`` is the namespace whose pods it could touch; None is the whole cluster.
    """

    kind: str
    namespace: str | None
    name: str
    origin: Origin = field(compare=False)


@dataclass(frozen=True)
class PolicySet:
    """All policies, in the order that numbers their rules.

    Attributes
    ----------
    policies : tuple of Policy
        Sorted by kind, namespace and name, so that rule ids do not depend on the order of files.
    opaque : tuple of OpaquePolicy
        Sorted likewise.
    """

    policies: tuple[Policy, ...] = ()
    opaque: tuple[OpaquePolicy, ...] = ()

    @cached_property
    def rules(self) -> tuple[tuple[Policy, Rule], ...]:
        """Every rule with its policy; the place in this tuple is the ``rule_id``."""
        return tuple((policy, rule) for policy in self.policies for rule in policy.rules)
