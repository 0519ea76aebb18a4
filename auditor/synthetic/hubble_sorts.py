"""Which sorts of Hubble events there are, and how often each stands in a log."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from auditor.synthetic.hubble_forms import Sort

SOURCE, DESTINATION = "source", "destination"
DENIED = (133, "POLICY_DENIED")

ANY, REQUEST, REPLY = range(3)


class Share(NamedTuple):
    """A sort and how often it is drawn among those that fit.

    Attributes
    ----------
    sort : Sort
        The sort.
    weight : float
        Relative to the others of its group.
    which : int
        ``REQUEST`` or ``REPLY`` if it speaks of that direction only.
    """

    sort: Sort
    weight: float
    which: int = ANY


def _trace(
    sub_type: int, point: str, direction: str | None, local: str, *, is_reply: bool | None, weight: float
) -> Share:
    sort = Sort((4, sub_type), "FORWARDED", direction, local, is_reply, point)
    return Share(sort, weight, ANY if is_reply is None else REPLY if is_reply else REQUEST)


TRACES = (
    _trace(0, "TO_ENDPOINT", "INGRESS", DESTINATION, is_reply=False, weight=30),
    _trace(1, "TO_PROXY", "EGRESS", SOURCE, is_reply=False, weight=12),
    _trace(3, "TO_STACK", "EGRESS", SOURCE, is_reply=False, weight=16),
    _trace(5, "FROM_ENDPOINT", "EGRESS", SOURCE, is_reply=False, weight=6),
    _trace(11, "TO_NETWORK", "EGRESS", SOURCE, is_reply=False, weight=12),
    _trace(0, "TO_ENDPOINT", "EGRESS", DESTINATION, is_reply=True, weight=44),
    _trace(3, "TO_STACK", "INGRESS", SOURCE, is_reply=True, weight=22),
    _trace(11, "TO_NETWORK", "INGRESS", SOURCE, is_reply=True, weight=10),
    _trace(4, "TO_OVERLAY", None, "", is_reply=None, weight=12),
    _trace(9, "FROM_OVERLAY", None, "", is_reply=None, weight=4),
    _trace(10, "FROM_NETWORK", None, "", is_reply=None, weight=4),
)

VERDICTS = (
    *(
        Share(Sort((5, 0), "FORWARDED", direction, local, is_reply=False, match=match), weight, REQUEST)
        for direction, local in (("INGRESS", DESTINATION), ("EGRESS", SOURCE))
        for match, weight in ((2, 30), (1, 8), (3, 4), (4, 6), (0, 2))
    ),
    Share(Sort((5, 0), "REDIRECTED", "EGRESS", SOURCE, is_reply=False, match=3), 12, REQUEST),
)
REFUSALS = (
    *(
        Share(Sort((5, 0), "DROPPED", direction, local, is_reply=False, reason=DENIED), 10, REQUEST)
        for direction, local in (("INGRESS", DESTINATION), ("EGRESS", SOURCE))
    ),
    *(
        Share(Sort((1, DENIED[0]), "DROPPED", direction, local, reason=DENIED), 12, REQUEST)
        for direction, local in (("INGRESS", DESTINATION), ("EGRESS", SOURCE))
    ),
)
"""What the network policies themselves refused: drawn for denied connections only."""
AUDITED = (Share(Sort((5, 0), "AUDIT", "INGRESS", DESTINATION, is_reply=False), 1, REQUEST),)
DROPS = tuple(
    Share(Sort((1, number), "DROPPED", "INGRESS", DESTINATION, reason=(number, name)), weight, REQUEST)
    for number, name, weight in (
        (151, "STALE_OR_UNROUTABLE_IP", 4),
        (132, "INVALID_SOURCE_IP", 3),
        (135, "CT_TRUNCATED_OR_INVALID_HEADER", 1),
        (155, "NO_TUNNEL_OR_ENCAPSULATION_ENDPOINT", 1),
    )
)
LAYER_7 = (
    Share(Sort((129, 0), "FORWARDED", "EGRESS", SOURCE, is_reply=False, type="L7"), 20, REQUEST),
    Share(Sort((129, 0), "FORWARDED", "EGRESS", DESTINATION, is_reply=True, type="L7"), 20, REPLY),
    Share(Sort((129, 0), "DROPPED", "INGRESS", DESTINATION, is_reply=False, type="L7"), 1, REQUEST),
)
SOCKETS = (Share(Sort((7, 0), "TRANSLATED", "EGRESS", SOURCE, type="SOCK"), 1),)

GROUPS = (TRACES, VERDICTS, REFUSALS, AUDITED, DROPS, LAYER_7, SOCKETS)
SORTS = tuple(share.sort for group in GROUPS for share in group)


def draw_sorts(group: np.ndarray, is_reply: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a place in ``SORTS`` for each event.

    Parameters
    ----------
    group : ndarray of int8, shape (N,)
        Places in ``GROUPS``.
    is_reply : ndarray of bool, shape (N,)
        Which way each packet went.
    rng : numpy.random.Generator
        What draws.
    """
    chosen = np.zeros(len(group), dtype=np.int16)
    drawn = rng.random(len(group))
    first = 0
    for place, shares in enumerate(GROUPS):
        for way in (REQUEST, REPLY):
            fitting = np.array([share.which in {ANY, way} for share in shares])
            weights = np.cumsum([share.weight for share in shares] * fitting)
            asked = (group == place) & (is_reply == (way == REPLY))
            if weights[-1]:
                found = np.searchsorted(weights, drawn[asked] * weights[-1], side="right")
                chosen[asked] = first + found
        first += len(shares)
    return chosen


def needs_request(groups: np.ndarray) -> np.ndarray:
    """Return which groups speak of the opening packet only."""
    needing = np.array([all(share.which == REQUEST for share in shares) for shares in GROUPS])
    return np.take(needing, groups)
