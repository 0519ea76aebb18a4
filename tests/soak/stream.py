"""Lets members of the service on a real broker die, pause and restart at random, and looks for what is lost or twice.

Prints one line; the exit code is 1 if anything is.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from tests.broker.node import Node
from tests.service.crews import Crew
from tests.service.streaming import tables_of, value_of

PARTITIONS = 6
MEMBERS = 3
PLACES = (
    "loop.after-poll",
    "loop.before-judge",
    "loop.before-commit",
    "loop.after-commit",
    "loop.before-cut",
    "loop.after-cut",
    "chain.scan",
    "chain.before-create",
    "chain.after-create",
    "chain.before-hint",
    "storage.mid-write",
    "storage.before-fsync",
    "storage.before-link",
    "storage.after-link",
    "storage.before-folder-fsync",
)


WITHOUT_BROKER = (
    "auditor: error: expected Kafka at ",
    "auditor: error: expected an answer from ",
    "auditor: error: expected to write ",
)
"""What a member says that ends because it had no broker: to begin, to go on, or to ask for the topic at its end."""


class Sending(threading.Thread):
    """Sends numbered messages to all partitions until it is told to end."""

    def __init__(self, team, rate):
        super().__init__(daemon=True)
        self._team, self._rate = team, rate
        self._is_over = threading.Event()

    def run(self):
        """Send, in lots of a tenth of a second."""
        producer, number = self._team.producer(), 0
        while not self._is_over.wait(0.1):
            for _ in range(self._rate // 10):
                producer.produce(
                    self._team.topic,
                    value_of(number // PARTITIONS),
                    partition=number % PARTITIONS,
                    on_delivery=self._team.received,
                )
                number += 1
            producer.poll(0)
        assert producer.flush(120) == 0

    def end(self):
        """Wait for the last receipt."""
        self._is_over.set()
        self.join()


class Soak:
    """A crew, and what befalls it.

    Attributes
    ----------
    happened : Counter
        How often each kind of fault.
    """

    def __init__(self, node, folder, chance):
        self.team = Crew(node, folder, PARTITIONS)
        self.happened = Counter()
        self._node, self._chance = node, chance
        self._members = []
        self._paused = {}
        self._asked = set()

    def turn(self):
        """Let one thing happen, or none; replace who died."""
        self._tend()
        act = self._chance.choices(
            (self._kill, self._pause, self._break, self._reload, self._leave, lambda: None),
            (4, 4, 1, 3, 2, 6),
        )[0]
        act()

    def _tend(self):
        """Let paused members go on when their time is over, and start as many as there must be."""
        now = time.monotonic()
        for member, at in list(self._paused.items()):
            if at <= now:
                member.signal(signal.SIGCONT)
                del self._paused[member]
        for member in list(self._members):
            if member.child.poll() is not None:
                self._look_at_end_of(member)
                self._members.remove(member)
            elif member not in self._paused and member.is_stopped():
                self.happened["stopped at a place"] += 1
                self._paused[member] = now + self._chance.uniform(0.5, 8)
        while len(self._members) < MEMBERS:
            self._members.append(self.team.start(failpoints=self._failpoints()))

    def _look_at_end_of(self, member):
        """Bear with a member that gave up because it had no broker, and with nothing else."""
        code, said = member.child.returncode, member.plain
        if code not in {0, -signal.SIGKILL, -signal.SIGTERM}:
            self.happened["given up without a broker"] += 1
            assert len(said) == 1, member.text
            assert said[0].startswith(WITHOUT_BROKER), member.text

    def _failpoints(self):
        if self._chance.random() < 0.4:
            return ""
        place = self._chance.choice(PLACES)
        action = self._chance.choice(("kill", "stop", "sleep:4"))
        self.happened[f"armed to {action.partition(':')[0]}"] += 1
        return f"{place}={action}@{self._chance.randint(1, 12)}"

    def _kill(self):
        self.happened["kills"] += 1
        self._chance.choice(self._members).signal(signal.SIGKILL)

    def _pause(self):
        member = self._chance.choice(self._members)
        if member not in self._paused:
            self.happened["pauses"] += 1
            member.signal(signal.SIGSTOP)
            # The session ends after 3 s.
            self._paused[member] = time.monotonic() + self._chance.uniform(0.5, 8)

    def _break(self):
        self.happened["broker restarts"] += 1
        self._node.kill()
        time.sleep(self._chance.uniform(0, 4))
        self._node.start()

    def _reload(self):
        """Change policies in what no message of this topic asks for."""
        self.happened["reloads"] += 1
        tables_of(self.team.folder / "cluster", (443, self._chance.randint(6_000, 60_000)))

    def _leave(self):
        member = self._chance.choice(self._members)
        # A second one would end it at once, with another exit code.
        if member not in self._paused and member not in self._asked:
            self.happened["leaves"] += 1
            self._asked.add(member)
            member.signal(signal.SIGTERM)

    def settle(self):
        """Let everything be well again, and wait until all is written and everybody has gone."""
        for member in self._members:
            # Also those that may die or pause later: from now on nobody does.
            member.signal(signal.SIGKILL)
            member.child.wait()
        last = [self.team.start() for _ in range(MEMBERS)]
        self.team.until_written(180)
        for member in last:
            member.end()
        said = Counter(line["message"] for each in self.team.processes for line in each.lines)
        self.happened["lost races"] = said["another member was first, its segment counts"]


def soak(folder, seconds, seed, rate):
    """Return whether nothing was lost or twice, and say what happened."""
    chance = random.Random(seed)
    node = Node(folder / "kafka")
    node.start()
    (folder / "crew").mkdir()
    run = Soak(node, folder / "crew", chance)
    sending = Sending(run.team, rate)
    try:
        sending.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            run.turn()
            time.sleep(chance.uniform(0.5, 5))
        sending.end()
        run.settle()
        outcome = run.team.outcome()
    finally:
        run.team.close()
        node.stop()
    happened = ", ".join(f"{count} {what}" for what, count in sorted(run.happened.items()))
    print(
        f"{seconds:.0f} s, seed {seed}: {outcome.n_messages} messages in {outcome.n_segments} segments by "
        f"{len(run.team.processes)} members; {happened}; "
        f"{len(outcome.lost)} lost, {len(outcome.twice)} twice, {len(outcome.gaps)} gaps, {len(outcome.broken)} broken"
    )
    for what in (*outcome.broken, *outcome.gaps, *outcome.lost[:10], *outcome.twice[:10]):
        print(" ", what)
    return not (outcome.lost or outcome.twice or outcome.gaps or outcome.broken)


def main():
    """Read the flags and go."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--seconds", type=float, default=600)
    flags.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    flags.add_argument("--rate", type=int, default=600, help="messages a second")
    flags.add_argument("--keep", type=Path, help="folder for everything, kept afterwards")
    given = flags.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="soak-")) if given.keep is None else given.keep
    (folder / "kafka").mkdir(parents=True)
    is_well = soak(folder, given.seconds, given.seed, given.rate)
    if given.keep is None and is_well:
        shutil.rmtree(folder)
    elif not is_well:
        print(f"kept in {folder}")
    sys.exit(not is_well)


if __name__ == "__main__":
    main()
