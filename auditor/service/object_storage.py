"""Segments in an object store: ``PUT`` with ``If-None-Match: *``, through obstore (the extra ``stores``).

An answer may be lost after the store did what was asked, and the client asks again by itself, so a refusal may be that
of our own object. Whenever an object could not be created, what is there is read and compared.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from auditor.errors import ConfigError, Position, SinkError
from auditor.sources.stores import meaning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ATTEMPTS = 5
"""How often creating is tried before the storage is said to fail."""

_FIRST_WAIT_S = 0.2


class ObjectStorage:
    """A bucket, or a folder of it.

    Parameters
    ----------
    url : str
        ``s3://bucket/folder``, ``gs://...`` or ``az://...``, without secrets; the store's usual environment variables
        say the rest.
    options : dict
        What obstore takes beside: credentials, endpoint, client options.
    sleep : callable
        How to wait.

    Raises
    ------
    ConfigError
        If the URL names no store, or obstore is not installed.
    """

    def __init__(
        self,
        url: str,
        options: dict[str, Any] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        try:
            import obstore  # noqa: PLC0415 - an extra
            from obstore.exceptions import BaseError  # noqa: PLC0415 - the same
            from obstore.store import from_url  # noqa: PLC0415 - the same
        except ImportError as error:
            raise ConfigError(
                "expected the package `obstore` for object stores, it is not installed; install the extra `stores`"
            ) from error
        self.place = url.partition("?")[0]
        self._obstore = obstore
        self._errors = (BaseError, OSError)
        self._sleep = sleep
        try:
            self._store: Any = from_url(url, **(options or {}))
        except (BaseError, ValueError) as error:
            raise ConfigError(f"expected the URL of an object store, came `{self.place}`") from error

    def create(self, name: str, content: bytes) -> bool:
        """Create an object, unless another is there."""
        failure: Exception | None = None
        for attempt in range(ATTEMPTS):
            if attempt:
                self._sleep(_FIRST_WAIT_S * 2**attempt * random.uniform(0.5, 1))  # noqa: S311  no secret
            try:
                self._obstore.put(self._store, name, content, mode="create")
            except self._errors as error:
                failure = error
            else:
                return True
            try:
                found = self.read(name)
            except SinkError as error:
                failure = failure if error.__cause__ is None else error
                continue
            if found is not None:
                return found == content
        assert failure is not None
        raise self._failed(f"cannot write `{name}`", failure) from failure

    def replace(self, name: str, content: bytes) -> None:
        """Write an object over another."""
        try:
            self._obstore.put(self._store, name, content, mode="overwrite")
        except self._errors as error:
            raise self._failed(f"cannot write `{name}`", error) from error

    def read(self, name: str) -> bytes | None:
        """Return the content of an object, None if there is none."""
        try:
            return bytes(self._obstore.get(self._store, name).bytes())
        except FileNotFoundError:
            return None
        except self._errors as error:
            raise self._failed(f"cannot read `{name}`", error) from error

    def names(self, prefix: str, after: str = "") -> list[str]:
        """Return the objects below a prefix."""
        try:
            return sorted(self._listed(prefix, after))
        except self._errors as error:
            raise self._failed("cannot list the objects", error) from error

    def modified_s(self, name: str) -> float | None:
        """Return when an object was written."""
        try:
            return float(self._obstore.head(self._store, name)["last_modified"].timestamp())
        except FileNotFoundError:
            return None
        except self._errors as error:
            raise self._failed(f"cannot read `{name}`", error) from error

    def remove(self, name: str) -> None:
        """Remove an object."""
        try:
            self._obstore.delete(self._store, name)
        except FileNotFoundError:
            return
        except self._errors as error:
            raise self._failed(f"cannot remove `{name}`", error) from error

    def _listed(self, prefix: str, after: str) -> Iterator[str]:
        for page in self._obstore.list(self._store, prefix=prefix or None, offset=after or None):
            for found in page:
                # Not every store heeds the offset.
                if found["path"] > after:
                    yield found["path"]

    def _failed(self, failure: str, error: Exception) -> SinkError:
        return SinkError(f"{failure}: {meaning(error)}", Position(self.place))
