"""Small Kubernetes objects, and inventories made of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from auditor.errors import InventoryError
from auditor.inventory.load import load_inventory
from auditor.ir.address_text import parse_address

if TYPE_CHECKING:
    from auditor.inventory.load import LoadedInventory
    from auditor.ir.model import Address, Endpoint


def pod(name: str = "web", *, namespace: str = "shop", ip: str | None = "10.1.0.1", **rest: object) -> dict:
    """Return a running pod; ``metadata``, ``spec`` and ``status`` are laid over what it has."""
    made = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"nodeName": "n1"},
        "status": {"phase": "Running"},
    }
    if ip is not None:
        made["status"] |= {"podIP": ip, "podIPs": [{"ip": ip}]}
    for part, fields in rest.items():
        made[part] = {**made.get(part, {}), **fields}
    return made


def named(kind: str, name: str, **parts: object) -> dict:
    """Return an object without a namespace, or a Service or EndpointSlice in ``shop``."""
    metadata = {"name": name} if kind in {"Namespace", "Node"} else {"name": name, "namespace": "shop"}
    group = "discovery.k8s.io/v1" if kind == "EndpointSlice" else "v1"
    made = {"apiVersion": group, "kind": kind, "metadata": metadata}
    for part, fields in parts.items():
        made[part] = {**made[part], **fields} if part == "metadata" else fields
    return made


SHOP = named("Namespace", "shop")


def text_of(*objects: dict) -> bytes:
    """Return a JSON list of objects."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}).encode()


def load(*objects: dict, networks: tuple[str, ...] = ()) -> LoadedInventory:
    """Return the inventory of a file that lists the namespace ``shop`` and these objects."""
    return load_inventory([("f.json", text_of(SHOP, *objects))], pod_networks=networks)


def load_text(text: str | bytes, file: str = "f") -> LoadedInventory:
    """Return the inventory of one file."""
    return load_inventory([(file, text.encode() if isinstance(text, str) else text)])


def problems(*contents: str | bytes) -> list[str]:
    """Return the problems for which files ``f``, ``g``, ... are refused."""
    files = [
        (name, content.encode() if isinstance(content, str) else content)
        for name, content in zip("fghij", contents, strict=False)
    ]
    with pytest.raises(InventoryError) as caught:
        load_inventory(files)
    assert str(caught.value) == "\n".join(str(problem) for problem in caught.value.problems)
    return [str(problem) for problem in caught.value.problems]


def refusals(*objects: dict) -> list[str]:
    """Return the problems of a file that lists the namespace ``shop`` and these objects."""
    return problems(text_of(SHOP, *objects))


def warnings(loaded: LoadedInventory) -> list[str]:
    """Return the warnings as text."""
    return [str(problem) for problem in loaded.warnings]


def endpoint(loaded: LoadedInventory, title: str) -> Endpoint:
    """Return the one endpoint of this kind and name, e.g. ``pod web``."""
    (found,) = (one for one in loaded.inventory.endpoints if f"{one.kind} {one.name}" == title)
    return found


def ips(*texts: str) -> tuple[Address, ...]:
    """Return addresses of text."""
    found = tuple(parse_address(text) for text in texts)
    assert None not in found
    return found
