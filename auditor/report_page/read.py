"""Whatever a folder holds, read for a page: a report, or segments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from auditor.report.folder import RUN
from auditor.report_page.folder import read_folder
from auditor.report_page.segments import holds_segments, read_segments
from auditor.sources.stores import is_url

if TYPE_CHECKING:
    from auditor.report_page.report import Report


def read_report(place: str | Path) -> Report:
    """Return the report of an audit, or the segments of the Kafka service added up.

    Parameters
    ----------
    place : str or pathlib.Path
        A folder, or the URL of an object store that the Kafka service writes to.

    Raises
    ------
    SourceError, SinkError
        If nothing of this program is there, or a file is damaged or missing.
    """
    folder = Path(place)
    if is_url(str(place)) or (folder.is_dir() and not (folder / RUN).exists() and holds_segments(str(place))):
        return read_segments(str(place))
    return read_folder(folder)
