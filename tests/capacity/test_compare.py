"""What got slower is said, and what did not is not."""

from __future__ import annotations

import pytest

from auditor.capacity.compare import EQUAL, FASTER, SLOWER, UNSURE, compare, lines
from tests.capacity.conftest import made_results


@pytest.mark.parametrize("seed", range(10))
def test_compare__sees_a_kernel_that_was_slowed(seed):
    """Ten times of ten; the total of the log with it where that is much of it."""
    before, after = made_results(2 * seed), made_results(2 * seed + 1, slow={"decode": 1.5})
    found = compare(before, after)
    slower = {change.before.key for change in found.changes if change.verdict == SLOWER}
    assert found.is_slower
    assert "stage/log=vpc-text/compression=none/stage=decode" in slower
    assert "stage/log=vpc-text/compression=none/stage=total" in slower


@pytest.mark.parametrize("seed", range(10))
def test_compare__is_silent_where_nothing_changed(seed):
    """Ten times of ten."""
    found = compare(made_results(2 * seed), made_results(2 * seed + 1))
    assert not found.is_slower
    assert {change.verdict for change in found.changes} <= {EQUAL, UNSURE}


def test_compare__says_what_got_faster():
    """The other way round."""
    found = compare(made_results(1, slow={"decode": 1.5}), made_results(2))
    assert FASTER in {change.verdict for change in found.changes}
    assert not found.is_slower


def test_compare__does_not_judge_stages_that_are_hardly_there():
    """Tallying is half a per cent of a log: twice that is nothing a user would see."""
    found = compare(made_results(1), made_results(2, slow={"tally": 2.0}))
    assert not found.is_slower
    assert not [change for change in found.changes if change.before.labels.get("stage") == "tally"]


def test_compare__allows_for_the_machine_itself():
    """Where the reference loop took longer too, a difference as large is none."""
    before, after = made_results(1), made_results(2, slow=dict.fromkeys(("read", "decode", "report"), 1.3))
    assert compare(before, after).is_slower
    loop = next(after.all("noise", what="reference loop"))
    after.figures.remove(loop)
    after.figures.append(type(loop)(**{**_fields(loop), "runs": tuple(1.4 * each for each in loop.runs)}))
    assert not compare(before, after).is_slower


def test_lines__say_what_changed_and_by_what_it_was_judged():
    """A line each, then the sum."""
    said = lines(compare(made_results(1), made_results(2, slow={"decode": 2.0})))
    assert said[0].startswith("SLOWER  stage/log=")
    assert "figures compared" in said[-1]
    assert "count as equal" in said[-1]


def test_lines__warn_where_the_runs_differ():
    """Another machine is no regression, and is said."""
    after = made_results(2)
    after.facts["machine"] = {"processor": "another"}
    assert lines(compare(made_results(1), after))[0] == "note: the machine differs between both results"


def _fields(figure):
    return {name: getattr(figure, name) for name in type(figure).__dataclass_fields__}
