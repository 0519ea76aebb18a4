"""What a user may choose about the service, with its defaults; flags, environment and files only fill these in."""

from __future__ import annotations

from dataclasses import dataclass, field

from auditor.config import REPLIES, ROWS, default_threads, require
from auditor.errors import ConfigError
from auditor.flows.messages_options import MessageOptions

STARTS = ("earliest", "latest")
ON_STATE_MISMATCH = ("fail", "chain", "committed")


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """Choices of one member of the service.

    Attributes
    ----------
    rows : {'violations', 'all'}
        Whether a row is written for findings only, or for every flow.
    replies : {'infer', 'as-recorded'}
        Whether the end that opened is found out, or the source of every record is taken for it.
    start : {'earliest', 'latest'}
        Where a partition begins that neither the folder nor the group knows.
    on_state_mismatch : {'fail', 'chain', 'committed'}
        What to do where the group was told of more than the folder holds: stop, believe the folder, or the group.
    roll_rows : int
        Rows to write after which a segment ends.
    roll_bytes : int
        Bytes of values after which it ends.
    roll_s : float
        Seconds after which it ends.
    grace_s : float
        Seconds that what is complete may take to be written once the service was asked to stop.
    retry_s : float
        Seconds between two tries where nothing can be written.
    poll_s : float
        Seconds that a poll waits for messages at most.
    threads : int
        Threads that decode and classify.
    is_ending : bool
        Whether the service stops where the log ended when a partition was begun.
    messages : MessageOptions
        How values are read.
    """

    rows: str = "violations"
    replies: str = "infer"
    start: str = "earliest"
    on_state_mismatch: str = "fail"
    roll_rows: int = 256 * 1024
    roll_bytes: int = 1 << 30
    roll_s: float = 60.0
    grace_s: float = 20.0
    retry_s: float = 1.0
    poll_s: float = 0.5
    threads: int = field(default_factory=default_threads)
    is_ending: bool = False
    messages: MessageOptions = field(default_factory=MessageOptions)

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        require("rows", self.rows, ROWS)
        require("replies", self.replies, REPLIES)
        require("start", self.start, STARTS)
        require("on_state_mismatch", self.on_state_mismatch, ON_STATE_MISMATCH)
        for name in ("roll_rows", "roll_bytes", "roll_s", "grace_s", "retry_s", "poll_s", "threads"):
            value = getattr(self, name)
            if not value > 0:
                raise ConfigError(f"expected more than 0 for `{name}`, came `{value}`")
