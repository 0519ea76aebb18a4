"""The plan carried out: what fails or is stopped is noted, what was measured is kept."""

from __future__ import annotations

import pytest

from auditor.capacity.inputs import Made
from auditor.capacity.plan import FULL, QUICK, Bench, Step
from auditor.capacity.results import Figure, Results
from auditor.capacity.running import STOPPED, perform, steps_of
from auditor.errors import SourceError


@pytest.fixture
def bench(tmp_path):
    """Return a bench that has measured nothing."""
    return Bench(QUICK, Made(tmp_path, 1), 1, None, Results({}))


def measured(name):
    """Return a step that gives a figure."""
    return Step(name, f"step {name}", 10, lambda _: iter([Figure(name, {}, "s", (1.0,))]))


def failing(name, error):
    """Return a step that gives a figure, then fails."""

    def measure(_):
        yield Figure(name, {"what": "half"}, "s", (1.0,))
        raise error

    return Step(name, f"step {name}", 10, measure)


def test_perform__goes_on_after_what_fails(bench):
    """The step is there as not measured, with the reason, and the next one is done."""
    seen = []
    perform(bench, [measured("a"), failing("b", SourceError("broken")), measured("c")], seen.append)
    keys = [(each.key, each.why_not) for each in bench.results.figures]
    assert keys == [("a", ""), ("b/what=half", ""), ("b/what=step b", "broken"), ("c", "")]
    assert bench.failures == ["step b: broken"]
    assert [(each.words, each.number, each.n_steps) for each in seen] == [
        ("step a", 1, 3),
        ("step b", 2, 3),
        ("step c", 3, 3),
    ]


def test_perform__keeps_what_was_measured_when_it_is_stopped(bench):
    """The rest says that it was stopped, and so does the end."""
    with pytest.raises(KeyboardInterrupt):
        perform(bench, [measured("a"), failing("b", KeyboardInterrupt()), measured("c")], lambda _: None)
    keys = [(each.key, each.why_not) for each in bench.results.figures]
    assert keys == [("a", ""), ("b/what=half", ""), ("b/what=step b", STOPPED), ("c/what=step c", STOPPED)]
    assert bench.failures == ["stopped during: step b"]
    assert bench.results.facts["took_s"] >= 0


def test_perform__fails_where_there_are_no_inputs(bench):
    """Without the first step nothing can be measured."""
    with pytest.raises(SourceError, match="nothing there"):
        perform(bench, [failing("a", SourceError("nothing there"))], lambda _: None)


def test_perform__tells_how_long_it_takes(bench):
    """At first what is planned, then in proportion to what was done."""
    seen = []
    perform(bench, [measured("a"), measured("b")], seen.append)
    assert (seen[0].gone_s, seen[0].left_s) == (pytest.approx(0, abs=0.1), 20)
    assert seen[1].left_s == pytest.approx(seen[1].gone_s)


@pytest.mark.parametrize(("extent", "n_growth", "is_held_back"), [(QUICK, 2, False), (FULL, 6, True)])
def test_steps_of__measures_what_the_extent_says(bench, extent, n_growth, is_held_back):
    """Answers first; axes of the cluster and of the traffic; one configuration held back in full."""
    bench.extent = extent
    groups = [step.group for step in steps_of(bench)]
    assert groups[:6] == ["inputs", "stage", "scaling", "messages", "kafka", "peers"]
    assert groups.count("growth") == n_growth
    assert ("heldback" in groups) is is_held_back
