"""Texts and spans as kernels take them."""

from __future__ import annotations

import numpy as np

from kernels.memory import PADDING


def padded(text):
    """Return bytes with padding behind them, as a read-only array."""
    return np.frombuffer(text + b"\n" + bytes(PADDING - 1), np.uint8)


def frozen(array):
    """Return a read-only view."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def joined(texts, between=b""):
    """Return texts one behind the other, padded, and where each begins and ends, (F, 2) of int32."""
    start, spans = 0, []
    for text in texts:
        spans.append((start, start + len(text)))
        start += len(text) + len(between)
    content = b"".join(text + between for text in texts)
    return padded(content), frozen(np.array(spans, np.int32).reshape(-1, 2))
