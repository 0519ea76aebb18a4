"""Ctrl-C and SIGTERM: at once while nothing is finished yet, between two parts while a report is being written."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType, TracebackType

_WORDS = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}


class Stopping:
    """Turns the first signal to stop into KeyboardInterrupt; a second one always does so at once.

    A signal that whoever started us has set to be ignored stays ignored, as under ``nohup``.

    Attributes
    ----------
    asked : str or None
        The signal that came, as messages name it.
    """

    def __init__(self) -> None:
        self.asked: str | None = None
        self._is_deferred = False
        self._former: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        """Listen."""
        for number in _WORDS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._former[number] = signal.signal(number, self._take)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the signals back."""
        for number, former in self._former.items():
            assert callable(former) or isinstance(former, signal.Handlers)
            signal.signal(number, former)
        self._former.clear()

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Let the first signal wait for ``check``."""
        self._is_deferred = True
        try:
            yield
        finally:
            self._is_deferred = False

    def check(self) -> None:
        """Raise KeyboardInterrupt if a signal has come."""
        if self.asked is not None:
            raise KeyboardInterrupt

    def _take(self, number: int, _: FrameType | None) -> None:
        is_first = self.asked is None
        self.asked = _WORDS[signal.Signals(number)]
        if not (self._is_deferred and is_first):
            raise KeyboardInterrupt
