"""The names that a library user may import."""

from __future__ import annotations

import auditor


def test_exports__exist():
    """Every exported name can be had."""
    assert [name for name in auditor.__all__ if not hasattr(auditor, name)] == []


def test_exports__are_sorted_and_distinct():
    """One list, readable at a glance."""
    assert list(auditor.__all__) == sorted(set(auditor.__all__))


def test_exports__cover_the_two_verbs():
    """Compiling tables and auditing flows is what the library does."""
    assert {"__version__", "audit", "compile"} <= set(auditor.__all__)


def test_exports__are_documented():
    """Every exported function and class has a docstring."""
    exported = {name: getattr(auditor, name) for name in auditor.__all__ if not name.startswith("__")}
    assert [name for name, value in exported.items() if not value.__doc__] == []
