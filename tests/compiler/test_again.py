"""Compiling for inventories as they follow each other."""

from __future__ import annotations

import pytest

from auditor.compiler import again
from auditor.compiler.again import Compiler
from auditor.compiler.build import build
from auditor.compiler.extend import Unlike
from auditor.ir.model import PolicySet, Switches
from tests.compiler.shop import DB, FLOWS, POLICIES, SHOP, TOOL, WEB, with_pods
from tests.compiler.test_extend import assert_same

FEWER = PolicySet(POLICIES.policies[:2])


def test_compile__extends_where_it_can():
    """And says why where it cannot; either way the tables are those that a build makes."""
    compiler, default = Compiler(), Switches()
    asked = [
        (POLICIES, SHOP, default, Unlike.NOTHING),
        (POLICIES, with_pods(DB, WEB), default, None),
        (POLICIES, SHOP, default, None),
        (FEWER, SHOP, default, Unlike.POLICIES),
        (FEWER, with_pods(TOOL, WEB), default, None),
        (FEWER, with_pods(TOOL, WEB), Switches("judge"), Unlike.SWITCHES),
        (FEWER, SHOP, Switches("judge"), Unlike.SUBJECTS),
    ]
    for policies, inventory, switches, reason in asked:
        tables, built_for = compiler.compile(policies, inventory, switches)
        assert built_for is reason
        assert_same(tables, build(policies, inventory, switches), FLOWS)


def test_compile__builds_after_a_failure(monkeypatch):
    """What could not be extended, be it by a bug, is not tried a second time."""
    compiler = Compiler()
    compiler.compile(POLICIES, SHOP, Switches())

    def fail(*_):
        raise RuntimeError("bug")

    monkeypatch.setattr(again, "extend", fail)
    with pytest.raises(RuntimeError):
        compiler.compile(POLICIES, SHOP, Switches())
    assert compiler.compile(POLICIES, SHOP, Switches()).built_for is Unlike.NOTHING
