"""Which way each message goes: by the format that is asked of it, or by its first bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.arrays import frozen
from auditor.flows.messages_options import FORMATS
from kernels import messages as kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.flows.messages_options import MessageOptions
    from auditor.sources.kafka_messages import Messages

SKIP, HUBBLE, VPC, OPEN, ARROW, JSON, UNKNOWN = range(7)
"""Nothing in it; lines of Hubble or of VPC; to be taken out of what carries it; Arrow IPC; lines of generic JSON; an
unknown format."""

_HUBBLE, _VPC, _ARROW, _JSON, _ANY = range(5)  # all but the last as in FORMATS
_KINDS = 8


def _table() -> NDArray[np.uint8]:
    """Return the way of each kind under each format."""
    table = np.empty((5, _KINDS), np.uint8)
    table[_HUBBLE] = HUBBLE
    table[_VPC] = VPC
    table[_ANY] = VPC
    table[_ARROW] = ARROW
    table[_JSON] = JSON
    for kind in (kernels.KIND_DOCUMENTS, kernels.KIND_ARROW, kernels.KIND_GZIP, kernels.KIND_BASE64):
        table[[_HUBBLE, _VPC, _JSON, _ANY], kind] = OPEN
    table[_VPC, kernels.KIND_OBJECT] = OPEN
    table[_ANY, [kernels.KIND_OBJECT, kernels.KIND_AGENT_LOG]] = HUBBLE
    table[_ANY, kernels.KIND_ARROW] = ARROW
    table[:, kernels.KIND_EMPTY] = SKIP
    return table


_ROUTES = _table()


class Looked(NamedTuple):
    """What is known of messages before they are decoded.

    Attributes
    ----------
    routes : ndarray of uint8, shape (N,)
        The way of each.
    wanted : ndarray of int8, shape (N,)
        The place in ``FORMATS`` of the format that is asked of it, ``len(FORMATS)`` for whichever it has.
    spans : ndarray of int64, shape (N, 2)
        Where its value begins, behind a byte order mark and the like, and ends.
    """

    routes: NDArray[np.uint8]
    wanted: NDArray[np.int8]
    spans: NDArray[np.int64]

    def wanted_of(self, place: int) -> str | None:
        """Return the format that is asked of a message, None for whichever it has."""
        wanted = int(self.wanted[place])
        return FORMATS[wanted] if wanted < len(FORMATS) else None


def looked(messages: Messages, options: MessageOptions) -> Looked:
    """Look at the first bytes of every message.

    Parameters
    ----------
    messages : Messages
        The header ``auditor.format`` of a message counts before ``options.format``.
    options : MessageOptions
        ``format`` counts here.
    """
    starts, lengths = messages.starts, messages.lengths
    begins = np.empty(len(starts), np.int64)
    kinds = kernels.look(frozen(messages.values), frozen(starts), frozen(lengths), begins)
    default = len(FORMATS) if options.format is None else FORMATS.index(options.format)
    known = [FORMATS.index(name) if name in FORMATS else -1 for name in messages.formats]
    # The code -1, of messages without the header, finds the last place.
    wanted = np.array([*known, default], np.int8)[messages.format_codes]
    routes = _ROUTES[np.where(wanted < 0, len(FORMATS), wanted), kinds]
    routes[(wanted < 0) & (kinds != kernels.KIND_EMPTY)] = UNKNOWN
    return Looked(routes, wanted, np.stack([begins, starts + np.maximum(lengths, 0)], axis=1))
