"""Files as a page names them: without the folder that all of them lie in, which stands with the inputs."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Places:
    """The files of a run.

    Parameters
    ----------
    files : sequence of str
        Paths or URLs.
    """

    def __init__(self, files: Sequence[str]) -> None:
        # What the first and the last have in common, all between them have, too. URLs are no paths, so as texts.
        ends = zip(min(files, default=""), max(files, default=""), strict=False)
        common = "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], ends))
        self._folder = common[: common.rfind("/") + 1]

    def short(self, place: str) -> str:
        """Return a file, or a place in one, without the common folder."""
        return place.removeprefix(self._folder) or place
