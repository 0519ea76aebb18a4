"""Findings, ends and reasons in words, and the colours they have everywhere on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.report import schema

if TYPE_CHECKING:
    from auditor.page.tones import Tone
    from auditor.report.plain import SummaryRow

TONES: dict[str, Tone] = {
    "VIOLATION": "bad",
    "MISDROPPED": "warn",
    "UNDECIDED": "unsure",
    "BLOCKED": "calm",
    "PERMITTED": "good",
}

MEANINGS = {
    "VIOLATION": "the policies deny it, and nothing is known to have stopped it",
    "MISDROPPED": "the policies allow it, yet a policy dropped it",
    "UNDECIDED": "the policies cannot be applied, for the reason given",
    "BLOCKED": "the policies deny it, and it was stopped",
    "PERMITTED": "the policies allow it",
}

REASONS = {
    "not-a-pod": "the end is no pod, so no policy speaks about it",
    "same-pod": "both ends are the same pod",
    "own-node": "it comes from the pod's own node",
    "not-isolated": "no policy selects the pod",
    "no-rule-matched": "no rule of the policies that isolate the pod allows it",
    "unknown-address": "an address of the cluster belongs to no pod of the inventory",
    "service-address": "the log shows a service's address, not the pod behind it",
    "ambiguous-address": "several pods had the address",
    "unsupported-policy": "a policy of a kind that is not judged could touch it",
    "protocol-not-judged": "the API says nothing about the protocol",
    "allowed-by-rule": "a rule allows it",
}

_SIDES = {"egress": "egress", "ingress": "ingress", "both": "both sides"}


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with what it counts: ``1 flow``, ``2,180 flows``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def end(kind: str, name: str) -> str:
    """Return the name of an end; one that bears the name of its kind stands for all past the limit of groups."""
    if name != kind:
        return name
    return f"other {kind} addresses" if kind in ("external", "unknown") else f"other {kind}s"


def port(number: int | None, protocol: str) -> str:
    """Return ``443/TCP``, or the protocol where it has no ports."""
    return protocol if number is None else f"{number}/{protocol}"


def listed(policies: str) -> str:
    """Return the names of policies for reading: the kind that nearly all have is left out."""
    return ", ".join(name.removeprefix("NetworkPolicy/") for name in policies.split(","))


def why(row: SummaryRow) -> str:
    """Return why a group has its verdict, and the policies that isolate the sides it is about."""
    sides = {"egress": row.egress_policies, "ingress": row.ingress_policies}
    isolating = [
        f"{name}: {listed(policies)}" if row.direction == "both" else listed(policies)
        for name, policies in sides.items()
        if policies and row.direction in (name, "both")
    ]
    by = f" ({'; '.join(isolating)})" if isolating and row.reason == "no-rule-matched" else ""
    return f"{_SIDES.get(row.direction, row.direction)}: {REASONS.get(row.reason, row.reason)}{by}"


def namespace(kind: str, name: str) -> str:
    """Return the namespace of an end, or in parentheses, which no namespace has, what it is instead."""
    if name != kind and kind == "pod":
        return name.partition("/")[0]
    if name != kind and kind == "service":
        return name.split("/")[1] if name.count("/") > 1 else "(service)"
    return f"({kind})"


assert set(REASONS) == set(schema.REASON_NAMES)
