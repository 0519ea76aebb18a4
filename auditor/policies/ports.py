"""Entries of ``ports``: ``ValidateNetworkPolicyPort`` of the API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.ir.model import LAST_PORT
from auditor.policies.kubernetes import NetworkPolicyPort
from auditor.policies.names import port_name_fault
from auditor.policies.nodes import ScalarNode, quoted

if TYPE_CHECKING:
    from auditor.policies.fields import Field

_PROTOCOLS = ("TCP", "UDP", "SCTP")


def read_port(entry: Field) -> NetworkPolicyPort | None:
    """Return one port entry; what is wrong with it is written down."""
    fields = entry.fields(("protocol", "port", "endPort"))
    if fields is None:
        return None
    protocol = _protocol(fields["protocol"]) if "protocol" in fields else None
    port = _port(fields["port"]) if "port" in fields else None
    end_port = None
    if "endPort" in fields:
        field = fields["endPort"]
        end_port = _number(field)
        if "port" not in fields:
            field.refuse("expected `port` beside `endPort`, came none")
        elif isinstance(port, str):
            field.refuse(f"expected a number as `port` beside `endPort`, came the name {quoted(port)}")
        elif port is not None and end_port is not None and end_port < port:
            field.refuse(f"endPort `{end_port}` is below port `{port}`")
    return NetworkPolicyPort(protocol, port, end_port, entry.origin)


def _protocol(field: Field) -> str | None:
    text = field.text()
    if text is None or text in _PROTOCOLS:
        return text
    hint = f"; did you mean `{text.upper()}`" if text.upper() in _PROTOCOLS else ""
    field.refuse(f"expected protocol `TCP`, `UDP` or `SCTP`, came {quoted(text)}{hint}")
    return None


def _port(field: Field) -> int | str | None:
    if not (isinstance(field.node, ScalarNode) and isinstance(field.node.value, int | str)):
        field.refuse_type("a port number or a port name")
        return None
    if isinstance(field.node.value, bool):
        field.refuse_type("a port number or a port name", "; put a name in quotes")
        return None
    if isinstance(field.node.value, int):
        return _number(field)
    name = field.node.value
    if fault := port_name_fault(name):
        hint = "; a number must not be quoted" if name.isdecimal() else ""
        field.refuse(f"expected {fault}, came {quoted(name)}{hint}")
    return name


def _number(field: Field) -> int | None:
    number = field.integer()
    if number is None or 1 <= number <= LAST_PORT:
        return number
    field.refuse_type(f"a port from `1` to `{LAST_PORT}`")
    return None
