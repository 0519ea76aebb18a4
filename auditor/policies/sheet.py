"""What is wrong with one document, written down while it is read."""

from __future__ import annotations

from typing import NoReturn

from auditor.errors import Origin, PolicyError, Problem


class Sheet:
    """Collects the problems of one document.

    Parameters
    ----------
    file : str
        Path of the file; ``-`` is standard input.
    document : int
        Number of the document in the file, from 1.

    Attributes
    ----------
    problems : list of Problem
        In the order they were found.
    """

    def __init__(self, file: str, document: int) -> None:
        self.file = file
        self.document = document
        self.problems: list[Problem] = []

    def origin(self, line: int, path: str | None) -> Origin:
        """Return a place in this document."""
        return Origin(self.file, self.document, line, path)

    def add(self, message: str, line: int, path: str | None) -> None:
        """Write down a problem and go on."""
        self.problems.append(Problem(message, self.origin(line, path)))

    def stop(self, message: str, line: int) -> NoReturn:
        """Give the document up: nothing after this place can be read.

        Raises
        ------
        PolicyError
            Always, with this one problem.
        """
        raise PolicyError((Problem(message, self.origin(line, None)),))
