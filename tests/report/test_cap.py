"""Which group takes a key in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.report import schema
from auditor.report.cap import COARSENINGS, admitted
from auditor.report.groups import KEY

POD, EXTERNAL, UNKNOWN = (schema.KIND_NAMES.index(kind) for kind in ("pod", "external", "unknown"))
KINDS = np.array([*range(len(schema.KIND_NAMES)), POD, POD, EXTERNAL, EXTERNAL, UNKNOWN], dtype=np.int32)
FIRST_END = len(schema.KIND_NAMES)


def _key(source=FIRST_END, destination=FIRST_END + 1, port=80, finding=0):
    return (source, destination, port, 6, 0, finding)


def _keys(keys):
    return np.array(list(keys), dtype=KEY)


def _one_by_one(known, wanted, max_groups):
    """Return the groups, their numbers and the steps, looking at one key after the other."""
    groups = {key: number for number, key in enumerate(known)}
    numbers, most = [], 0
    for key in wanted:
        source, destination, port, *rest = key
        ends = source, destination
        nameless = (EXTERNAL, UNKNOWN)
        named = tuple(int(KINDS[end]) if KINDS[end] in nameless else end for end in ends)
        kinds = tuple(int(KINDS[end]) for end in ends)
        coarser = [key, (*named, port, *rest), (*named, -1, *rest), (*kinds, -1, *rest)]
        step = 0
        while (
            coarser[step] not in groups and len(groups) >= max_groups * (step + 1) and step < len(COARSENINGS)
        ):
            step += 1
        most = max(most, step)
        numbers.append(groups.setdefault(coarser[step], len(groups)))
    return list(groups), numbers, most


KEYS = st.builds(
    _key,
    source=st.integers(FIRST_END, len(KINDS) - 1),
    destination=st.integers(FIRST_END, len(KINDS) - 1),
    port=st.sampled_from([-1, 80, 443]),
    finding=st.integers(0, 1),
)


@given(wanted=st.lists(KEYS, max_size=40), cut=st.integers(0, 40), max_groups=st.integers(1, 12))
def test_admitted__is_what_one_key_after_the_other_gives(wanted, cut, max_groups):
    """Looking at many keys at once gives the groups, numbers and steps of a loop over them."""
    known, numbers, most = _one_by_one([], wanted[:cut], max_groups)
    first = admitted(_keys([]), _keys(wanted[:cut]), KINDS, max_groups)
    assert first.keys.tolist() == known
    assert first.numbers.tolist() == numbers
    assert first.n_steps == most
    groups, numbers, most = _one_by_one(known, wanted[cut:], max_groups)
    second = admitted(first.keys, _keys(wanted[cut:]), KINDS, max_groups)
    assert second.keys.tolist() == groups
    assert second.numbers.tolist() == numbers
    assert second.n_steps == most


@pytest.mark.parametrize("n_known", [0, 3])
def test_admitted__of_nothing_adds_nothing(n_known):
    """Without keys the groups stay as they are."""
    known = _keys(_key(port=port) for port in range(n_known))
    admission = admitted(known, _keys([]), KINDS, 2)
    assert admission.keys.tolist() == known.tolist()
    assert len(admission.numbers) == admission.n_steps == 0
