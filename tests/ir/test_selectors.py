"""When labels meet a selector."""

from __future__ import annotations

import pytest

from auditor.ir.model import EVERYTHING, Operator, Requirement
from auditor.ir.selectors import matches, meets
from tests.ir.clusters import select, term

ABSENT, EMPTY, WEB, DB = {"other": "web"}, {"app": ""}, {"app": "web"}, {"app": "db"}


@pytest.mark.parametrize(
    ("requirement", "absent", "empty", "web", "db"),
    [
        (term("app", "In", "web"), False, False, True, False),
        (term("app", "In", "", "web"), False, True, True, False),
        (term("app", "In", ""), False, True, False, False),
        (term("app", "NotIn", "web"), True, True, False, True),
        (term("app", "NotIn", "", "web"), True, False, False, True),
        (term("app", "Exists"), False, True, True, True),
        (term("app", "DoesNotExist"), True, False, False, False),
    ],
)
def test_meets__has_an_answer_for_every_case(requirement, absent, empty, web, db):
    """Each operator on an absent key, the empty value, a listed and another value."""
    found = [meets(requirement, labels) for labels in (ABSENT, EMPTY, WEB, DB)]
    assert found == [absent, empty, web, db]


def test_meets__knows_every_operator():
    """No operator is left without a meaning."""
    for operator in Operator:
        assert isinstance(meets(Requirement("app", operator, ("web",)), WEB), bool)


def test_matches__needs_all_requirements():
    """Terms are joined by and; none of them is everything."""
    both = select(term("tier", "Exists"), app="web")
    assert matches(both, {"app": "web", "tier": "x"})
    assert not matches(both, {"app": "web"})
    assert not matches(both, {"tier": "x"})
    assert matches(EVERYTHING, {})
    assert matches(EVERYTHING, WEB)


def test_matches__may_contradict_itself():
    """A selector that nothing can meet chooses nothing."""
    never = select(term("app", "In", "db"), app="web")
    assert not any(matches(never, labels) for labels in (ABSENT, EMPTY, WEB, DB))
