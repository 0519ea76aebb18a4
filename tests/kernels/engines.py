"""Kernels compiled, and the same functions as plain Python."""

from __future__ import annotations


def plain(kernel):
    """Return the Python function behind a kernel; the kernel itself where nothing is compiled."""
    return getattr(kernel, "py_func", kernel)


def both(kernel):
    """Return a kernel and the function behind it, one of them where they are the same."""
    return list(dict.fromkeys((kernel, plain(kernel))))
