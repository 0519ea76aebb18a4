"""Writers that take turns, die, fail, lose races and are compacted in any order: the oracle always agrees."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from auditor.errors import SinkError
from auditor.service import failpoints
from auditor.service.chain import Published
from auditor.service.compact import compact
from auditor.service.failpoints import FailpointError
from auditor.service.gaps import RETENTION, publish_gap
from auditor.service.position import start_at
from auditor.service.verify import verify
from tests.service.making import HOUR_MS, ScriptedStorage, chain_of, disagreements, segment_of

WRITERS = st.integers(0, 2)
SIZES = st.integers(1, 9)
OUTCOMES = st.sampled_from(["ok", "ok", "ok", "before", "after"])
PLACES = st.sampled_from(
    [None, "chain.scan", "chain.before-create", "chain.after-create", "chain.before-hint"]
)
DAY_S = 24 * 3600


class Writer:
    """A consumer: its chain, where it is, and whom it is called."""

    def __init__(self, storage, number, life, log_start):
        self.name = f"w{number}-{life}"
        self.storage = storage
        self.chain = chain_of(storage)
        self.position = start_at(
            self.chain, None, log_start, self.name, int(storage.now_s * 1000), "fail"
        ).offset

    def publish(self, size):
        """Publish a segment; go on from whoever won."""
        made = segment_of(self.position, self.position + size, self.name, int(self.storage.now_s * 1000))
        outcome = self.chain.publish(*made)
        assert outcome.end > self.position
        if isinstance(outcome, Published):
            assert outcome.end == self.position + size
        self.position = outcome.end

    def publish_gap(self, size):
        """Publish a gap."""
        now_ms = int(self.storage.now_s * 1000)
        end = self.position + size
        self.position = publish_gap(self.chain, self.position, end, RETENTION, self.name, now_ms).end


class Sink(RuleBasedStateMachine):
    """Three writers over one storage."""

    @initialize(first=st.integers(0, 50))
    def begin(self, first):
        """Begin with an empty storage; the broker's log begins somewhere."""
        self.storage = ScriptedStorage()
        self.storage.now_s = 1_000_000.0
        self.log_start = first
        self.first = None
        self.lives = 0
        self.writers = {}
        self.promised = 0
        self.has_merged = False

    def writer(self, number):
        """Return a writer, started if it is dead."""
        if number not in self.writers:
            self.lives += 1
            self.writers[number] = Writer(self.storage, number, self.lives, self.log_start)
            if self.first is None:
                self.first = self.writers[number].chain.first()
        return self.writers[number]

    @rule(number=WRITERS, size=SIZES, outcome=OUTCOMES, place=PLACES, is_gap=st.booleans())
    def publish(self, number, size, outcome, place, is_gap):
        """Publish, with a fault of the storage, or dying at a place."""
        writer = self.writer(number)
        self.storage.outcomes = [outcome]
        failpoints.arm("" if place is None else f"{place}=raise@1")
        try:
            if is_gap and size > 7:
                writer.publish_gap(size)
            else:
                writer.publish(size)
            self.promised = max(self.promised, writer.position)
        except SinkError:
            assert outcome != "ok"
        except FailpointError:
            del self.writers[number]
        finally:
            failpoints.arm("")
            self.storage.outcomes = []

    @rule(number=WRITERS, size=SIZES, others=st.lists(st.tuples(WRITERS, SIZES), min_size=1, max_size=3))
    def lose_a_race(self, number, size, others):
        """Be paused between the last look and the creation, while others publish."""
        writer = self.writer(number)
        others = [(self.writer(other), other_size) for other, other_size in others if other != number]

        def interlude():
            for other, other_size in others:
                other.publish(other_size)

        self.storage.interlude = interlude
        writer.publish(size)
        self.storage.interlude = None
        self.promised = max(self.promised, writer.position, *(other.position for other, _ in others), 0)

    @rule(number=WRITERS)
    def die(self, number):
        """Die between two segments."""
        self.writers.pop(number, None)

    @rule(minutes=st.integers(1, 90))
    def wait(self, minutes):
        """Let time go by."""
        self.storage.now_s += minutes * 60

    @rule(n_late=st.integers(0, 3))
    def list_late(self, n_late):
        """Leave the newest names out of listings for a while; merging asks for listings that are prompt."""
        names = sorted(self.storage.objects)
        self.storage.late = set(names[-n_late:]) if n_late and not self.has_merged else set()

    @rule(
        hint=st.sampled_from(
            [None, b"", b"x" * 40, b"%020d.arrow\n" % 0, b"%020d.arrow\n" % 10**9, b"../../x"]
        )
    )
    def spoil_the_hint(self, hint):
        """Remove the hint, or let it say anything."""
        name = f"{chain_of(self.storage).name.folder}LATEST"
        self.storage.remove(name)
        if hint is not None:
            self.storage.replace(name, hint)

    @rule(
        place=st.sampled_from(
            [None, "compact.before-create", "compact.after-create", "compact.between-removals"]
        ),
        at=st.integers(1, 4),
        outcome=OUTCOMES,
    )
    def compact(self, place, at, outcome):
        """Compact what is older than a day, a day later; die, or fail, at any step."""
        self.storage.late = set()
        self.has_merged = True
        self.storage.now_s += DAY_S + HOUR_MS / 1000
        self.storage.outcomes = [outcome]
        failpoints.arm("" if place is None else f"{place}=raise@{at}")
        try:
            result = compact(self.storage, "c", self.storage.now_s, DAY_S)
            assert result.problems == []
        except FailpointError:
            pass
        except SinkError:
            assert outcome != "ok"
        finally:
            failpoints.arm("")
            self.storage.outcomes = []

    @invariant()
    def agrees(self):
        """Compare with the reference: the chain tiles, and every row stands in it once."""
        if getattr(self, "first", None) is None:
            return
        assert disagreements(self.storage.objects, first=self.first) == []

    def teardown(self):
        """Both the oracle and ``verify`` find at the end all that was promised."""
        if getattr(self, "first", None) is None:
            return
        self.storage.late = set()
        result = verify(self.storage)
        assert [one for one in result.found if one.level == "error"] == []
        end = result.partitions[0].end
        assert (self.first if end is None else end) >= self.promised
        assert chain_of(self.storage).end() == end


TestSink = Sink.TestCase
TestSink.settings = settings(stateful_step_count=25, max_examples=40)
