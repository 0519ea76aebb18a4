"""What is judged, how the user wants the API read, and the words of the answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from auditor.ir.addresses import Address


class Connection(NamedTuple):
    """What a verdict is about: a connection named by its opening direction; ports are the destination's.

    ``port`` is 0 for protocols without ports.
    """

    source: Address
    destination: Address
    protocol: int
    port: int


@dataclass(frozen=True, slots=True)
class Switches:
    """Readings of the API that the user chooses.

    Attributes
    ----------
    own_node : {'allow', 'judge'}
        Whether traffic from a pod's own node is always let in, as the API says, or judged like any address.
    other_protocols : {'strict', 'ignore'}
        ICMP and everything else that is not TCP, UDP or SCTP is undefined by the API. ``strict`` lets a rule without
        ports match it and a rule with ports not; ``ignore`` lets no policy speak about it.
    """

    own_node: str = "allow"
    other_protocols: str = "strict"


class Verdict(StrEnum):
    """What is computed for a side or a connection; only a side can be NOT_APPLICABLE."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"


class Reason(StrEnum):
    """Why a side has its verdict; the names are a public contract."""

    NOT_A_POD = "not-a-pod"
    SAME_POD = "same-pod"
    OWN_NODE = "own-node"
    NOT_ISOLATED = "not-isolated"
    NO_RULE_MATCHED = "no-rule-matched"
    UNKNOWN_ADDRESS = "unknown-address"
    SERVICE_ADDRESS = "service-address"
    AMBIGUOUS_ADDRESS = "ambiguous-address"
    UNSUPPORTED_POLICY = "unsupported-policy"
    PROTOCOL_NOT_JUDGED = "protocol-not-judged"
    ALLOWED_BY_RULE = "allowed-by-rule"


VERDICT_OF = {
    Reason.NOT_A_POD: Verdict.NOT_APPLICABLE,
    Reason.SAME_POD: Verdict.ALLOWED,
    Reason.OWN_NODE: Verdict.ALLOWED,
    Reason.NOT_ISOLATED: Verdict.ALLOWED,
    Reason.NO_RULE_MATCHED: Verdict.DENIED,
    Reason.UNKNOWN_ADDRESS: Verdict.UNKNOWN,
    Reason.SERVICE_ADDRESS: Verdict.UNKNOWN,
    Reason.AMBIGUOUS_ADDRESS: Verdict.UNKNOWN,
    Reason.UNSUPPORTED_POLICY: Verdict.UNKNOWN,
    Reason.PROTOCOL_NOT_JUDGED: Verdict.NOT_APPLICABLE,
    Reason.ALLOWED_BY_RULE: Verdict.ALLOWED,
}
"""The verdict each reason stands for."""
