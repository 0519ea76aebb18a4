"""What policies and clusters mean, without Kubernetes: the only thing every stage agrees on.

Every default is already applied here (``policies/lower.py`` and ``inventory/lower.py`` decide them), so no field says
"maybe": ``None`` always has the meaning written beside it.
"""

from __future__ import annotations

from auditor.ir.addresses import LAST_PORT, PORT_PROTOCOLS, SCTP, TCP, UDP, Address, Network
from auditor.ir.cluster import ContainerPort, Endpoint, Inventory, Kind
from auditor.ir.policy import (
    EVERYTHING,
    BlockPeer,
    Direction,
    EndpointPeer,
    NamedPort,
    OpaquePolicy,
    Operator,
    Peer,
    Policy,
    PolicySet,
    PortMatch,
    PortRange,
    Requirement,
    Rule,
    Selector,
)
from auditor.ir.verdict import VERDICT_OF, Connection, Reason, Switches, Verdict

__all__ = [
    "EVERYTHING",
    "LAST_PORT",
    "PORT_PROTOCOLS",
    "SCTP",
    "TCP",
    "UDP",
    "VERDICT_OF",
    "Address",
    "BlockPeer",
    "Connection",
    "ContainerPort",
    "Direction",
    "Endpoint",
    "EndpointPeer",
    "Inventory",
    "Kind",
    "NamedPort",
    "Network",
    "OpaquePolicy",
    "Operator",
    "Peer",
    "Policy",
    "PolicySet",
    "PortMatch",
    "PortRange",
    "Reason",
    "Requirement",
    "Rule",
    "Selector",
    "Switches",
    "Verdict",
]
