"""Opens the storage that a path or URL names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import ConfigError
from auditor.service.storage import LocalStorage
from auditor.sources.stores import is_url

if TYPE_CHECKING:
    from auditor.service.storage import Storage


def open_storage(place: str, *, create: bool = False) -> Storage:
    """Return the storage at a place; nothing in it is read yet.

    Parameters
    ----------
    place : str
        A folder, or the URL of an object store.
    create : bool
        Whether a folder is created if it does not exist.

    Raises
    ------
    ConfigError
        If a URL names no store.
    SinkError
        If a folder cannot be opened.
    """
    if not is_url(place):
        return LocalStorage(Path(place), create=create)
    from auditor.service.object_storage import ObjectStorage  # noqa: PLC0415 - asks for an extra

    if place.partition(":")[0].lower() not in ("s3", "gs", "az", "abfss"):
        raise ConfigError(
            f"expected a folder or a URL that begins with `s3://`, `gs://`, `az://` or `abfss://`, came `{place}`"
        )
    return ObjectStorage(place)
