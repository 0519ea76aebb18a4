"""Object stores: which one a URL names, how it is reached, and what its errors mean.

Credentials and region come from where the libraries of each store look for them. Options may stand in the query of
the URL; no message or report shows the query, or what stands before an ``@``.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlencode

from auditor.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyarrow.fs import FileSystem

_SCHEMES = ("s3", "gs", "gcs", "abfs", "abfss")
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)://(?P<place>[^/?]*)(?P<key>.*)", re.DOTALL)
# A question mark is a wildcard too: only names with values behind it are options.
_QUERY = re.compile(r"\?(?P<query>[A-Za-z_]+=[^?]*)\Z")

CONNECT_S, REQUEST_S, ATTEMPTS = 5, 30, 3
"""How long a store may take to be reached and to answer, and how often it is asked."""

_TEXTS = {
    "region",
    "endpoint_override",
    "scheme",
    "access_key",
    "secret_key",
    "session_token",
    "tls_ca_file_path",
}
_TRUTHS = {"anonymous", "force_virtual_addressing"}
_MEANINGS = (
    ("NO_SUCH_BUCKET", "there is no such bucket"),
    ("NO_SUCH_KEY|NOT_FOUND|[Nn]o such file", "there is no such object"),
    (
        "ACCESS_DENIED|403|INVALID_ACCESS_KEY|SIGNATURE|UNAUTHENTICATED|PERMISSION_DENIED|[Cc]redential",
        "access is denied",
    ),
    ("NETWORK_CONNECTION|CURL|curl|UNAVAILABLE|[Tt]imed? ?out|connect", "the endpoint cannot be reached"),
)


@dataclass(frozen=True)
class Store:
    """A bucket or container.

    Attributes
    ----------
    url : str
        As names begin: scheme and place, without options and secrets.
    bucket : str
        As its file system names it.
    files : pyarrow.fs.FileSystem
        What reads it.
    """

    url: str
    bucket: str
    files: FileSystem


def is_url(path: str) -> bool:
    """Return whether a path names something on another machine."""
    return _URL.fullmatch(path) is not None


def open_store(url: str) -> tuple[Store, str]:
    """Return the store a URL names, and the key in it, without slashes around it; nothing is asked of it yet.

    Raises
    ------
    SourceError
        No store is named so.
    ConfigError
        An option has no meaning.
    """
    found = _URL.fullmatch(url)
    assert found is not None
    scheme = found["scheme"].lower()
    query = _QUERY.search(found["key"])
    key = found["key"][: query.start()] if query else found["key"]
    options = dict(parse_qsl(query["query"])) if query else {}
    user, _, host = found["place"].rpartition("@")
    shown = found["place"] if scheme.startswith("abfs") and ":" not in user else host
    name = f"{scheme}://{shown}"
    if scheme not in _SCHEMES:
        raise SourceError(
            f"expected a path or a URL that begins with `s3://`, `gs://` or `abfss://`, got `{name}{key}`; copy it to "
            "a file first"
        )
    if not host:
        raise SourceError(f"expected the name of a bucket in the URL, got `{name}{key}`")
    if scheme == "s3":
        files, bucket = _s3(host, user, options), host
    else:
        files, bucket = _other(scheme, found["place"], options)
    return Store(name, bucket, files), key.strip("/")


def _s3(bucket: str, user: str, options: dict[str, str]) -> FileSystem:
    from pyarrow import fs  # noqa: PLC0415 - heavy, and for stores only

    given: dict[str, object] = {}
    for name, value in options.items():
        if name in _TEXTS:
            given[name] = value
        elif name in _TRUTHS:
            given[name] = value.lower() in ("true", "1")
        else:
            raise ConfigError(f"expected an option of an S3 file system in the URL, came `{name}`")
    if len(given.keys() & {"access_key", "secret_key"}) == 1:
        raise ConfigError("expected `access_key` and `secret_key` in the URL, came one of them")
    if user:
        access, _, secret = user.partition(":")
        given |= {"access_key": unquote(access), "secret_key": unquote(secret)}
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint and "endpoint_override" not in given:
        given["endpoint_override"] = endpoint
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if "region" not in given and region:
        given["region"] = region
    elif "region" not in given and "endpoint_override" not in given:
        given["region"] = _region(fs.resolve_s3_region, bucket)
    try:
        return fs.S3FileSystem(
            connect_timeout=CONNECT_S,
            request_timeout=REQUEST_S,
            retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
            **given,
        )
    except (ValueError, TypeError, OSError) as error:
        names = ", ".join(f"`{name}`" for name in options)
        raise ConfigError(
            f"expected options that an S3 file system takes in the URL, came {names}"
        ) from error


def _region(resolve: Callable[[str], str], bucket: str) -> str | None:
    """Ask where a bucket lies; where it does not say, the first request tells what is wrong."""
    try:
        return resolve(bucket)
    except OSError:
        return None


def _other(scheme: str, place: str, options: dict[str, str]) -> tuple[FileSystem, str]:
    from pyarrow import fs  # noqa: PLC0415 - heavy, and for stores only

    names = ", ".join(f"`{name}`" for name in options)
    if scheme in ("gs", "gcs"):
        options = {"retry_limit_seconds": str(REQUEST_S), **options}
    query = f"?{urlencode(options)}" if options else ""
    try:
        files, bucket = fs.FileSystem.from_uri(f"{scheme}://{place}/{query}")
    except (ValueError, OSError, NotImplementedError) as error:
        # What Arrow says shows the whole URL.
        raise ConfigError(f"expected options that a `{scheme}://` URL takes, came {names}") from error
    return files, bucket.strip("/")


def meaning(error: BaseException) -> str:
    """Return what an error of a store means, in a few words."""
    text = str(error).partition("\n")[0]
    for pattern, words in _MEANINGS:
        if re.search(pattern, text):
            return words
    text = re.sub(r"\s*\((Request ID|request id):.*", "", text).strip().rstrip(".")
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:160] or type(error).__name__
