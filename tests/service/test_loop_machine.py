"""Members that come, go, die, pause and think they own what they do not: the folder holds every offset once."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from auditor.errors import SinkError
from auditor.service.storage import LocalStorage
from tests.service.making import contents_of
from tests.service.streaming import ID, PLACE, Broker, disagreements, member, tables_of

NAMES = ("a", "b", "c")
TABLES = {}


def tables():
    """Return the tables of two pods, compiled once."""
    if not TABLES:
        with tempfile.TemporaryDirectory() as folder:
            TABLES["own"] = tables_of(Path(folder))
    return TABLES["own"]


class Flaky:
    """A storage whose creations fail before or after they were done, as a test says."""

    def __init__(self, storage):
        self._storage = storage
        self.outcomes = []

    def __getattr__(self, name):
        """Return what the storage has."""
        return getattr(self._storage, name)

    def create(self, name, content):
        """Create a file, or fail, or do both."""
        outcome = self.outcomes.pop() if self.outcomes else "done"
        if outcome == "failed":
            raise SinkError("scripted failure")
        result = self._storage.create(name, content)
        if outcome == "unknown":
            raise SinkError("scripted failure after the file was there")
        return result


class Members(RuleBasedStateMachine):
    """Three members of a group that does not keep them apart."""

    @initialize()
    def begin(self):
        """Begin with an empty folder and a log."""
        self.folder = Path(tempfile.mkdtemp())
        self.storage = Flaky(LocalStorage(self.folder))
        self.broker = Broker([10])
        self.members = {}
        self.n_runs = 0

    def teardown(self):
        """Read everything to the end by a member of its own, and look once more."""
        if not hasattr(self, "folder"):
            return
        self.storage.outcomes = []
        last = self._new(is_ending=True)
        last.source.give(PLACE)
        last.service.run()
        found = disagreements(contents_of(self.folder), first=self._first(), end=self.broker.ends[PLACE])
        shutil.rmtree(self.folder)
        assert found == []

    def _new(self, **options):
        self.n_runs += 1
        return member(self.broker, self.storage, tables(), writer=f"run-{self.n_runs}", **options)

    def _first(self):
        genesis = self.folder / "flows" / ID / "p=0" / "GENESIS"
        if not genesis.exists():
            return self.broker.firsts[PLACE]
        import json

        return json.loads(genesis.read_text())["first"]

    @rule(name=st.sampled_from(NAMES))
    def start(self, name):
        """Start a member; one of that name that runs dies without a word."""
        self.members[name] = self._new(roll_rows=6, roll_s=50.0)

    @precondition(lambda self: self.members)
    @rule(name=st.sampled_from(NAMES), n_turns=st.integers(1, 4))
    def turn(self, name, n_turns):
        """Let a member do something."""
        if name in self.members:
            for _ in range(n_turns):
                self.members[name].service.turn()

    @rule(name=st.sampled_from(NAMES), seconds=st.sampled_from([1, 60]))
    def wait(self, name, seconds):
        """Let time go by for a member."""
        if name in self.members:
            self.members[name].clock.seconds += seconds

    @rule(name=st.sampled_from(NAMES))
    def give(self, name):
        """Give the partition to a member, whoever has it: that one does not know."""
        if name in self.members and PLACE not in self.members[name].source.positions:
            self.members[name].source.give(PLACE)

    @rule(name=st.sampled_from(NAMES), is_lost=st.booleans())
    def take_back(self, name, is_lost):
        """Take the partition back."""
        if name in self.members and PLACE in self.members[name].source.positions:
            self.members[name].source.take_back(PLACE, is_lost=is_lost)

    @rule(name=st.sampled_from(NAMES))
    def stop(self, name):
        """Stop a member in order."""
        if name in self.members:
            gone = self.members.pop(name)
            self.storage.outcomes = []
            gone.service.stop()
            gone.service.run()

    @rule(n=st.integers(1, 20))
    def produce(self, n):
        """Let the log grow."""
        self.broker.ends[PLACE] += n

    @rule(n=st.integers(1, 15))
    def expire(self, n):
        """Let the broker forget the oldest offsets."""
        self.broker.firsts[PLACE] = min(self.broker.firsts[PLACE] + n, self.broker.ends[PLACE])

    @rule(outcomes=st.lists(st.sampled_from(["failed", "unknown", "done"]), max_size=3))
    def break_storage(self, outcomes):
        """Let the next creations fail."""
        self.storage.outcomes = outcomes

    @rule(
        name=st.sampled_from(NAMES),
        call=st.sampled_from(["seek", "commit", "committed", "bounds", "topic_id"]),
    )
    def break_broker(self, name, call):
        """Let the broker not answer once."""
        if name in self.members:
            self.members[name].source.failures[call] = 1

    @invariant()
    def holds_each_offset_once(self):
        """Compare the folder with the reference: the chain tiles, and holds what it must."""
        if hasattr(self, "folder"):
            assert disagreements(contents_of(self.folder), first=self._first()) == []


Members.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
test_members__hold_each_offset_once = Members.TestCase
