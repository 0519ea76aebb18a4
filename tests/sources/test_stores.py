"""What URLs of object stores mean, and what is said of what is wrong with them."""

from __future__ import annotations

import pytest

from auditor.errors import ConfigError
from auditor.sources import stores


def test_open_store__refuses_options_it_does_not_know():
    """A misspelt option would be silently without effect."""
    with pytest.raises(ConfigError) as caught:
        stores.open_store("s3://bucket/key?colour=x")
    assert str(caught.value) == "expected an option of an S3 file system in the URL, came `colour`"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("gs://k:hunter2@bucket/key?colour=x", "expected options that a `gs://` URL takes, came `colour`"),
        (
            "s3://bucket/key?region=x&secret_key=hunter2",
            "expected `access_key` and `secret_key` in the URL, came one of them",
        ),
        (
            "s3://k:hunter2@bucket/key?region=x&scheme=gopher",
            "expected options that an S3 file system takes in the URL, came `region`, `scheme`",
        ),
    ],
)
def test_open_store__keeps_secrets_to_itself(url, message):
    """Options that will not do are named, and their values are not."""
    with pytest.raises(ConfigError) as caught:
        stores.open_store(url)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("AWS Error ACCESS_DENIED during HeadObject operation", "access is denied"),
        ("AWS Error NO_SUCH_BUCKET during X", "there is no such bucket"),
        ("google::cloud::Status(NOT_FOUND: x)", "there is no such object"),
        ("curlCode: 28, Timeout was reached", "the endpoint cannot be reached"),
        ("AWS Error SLOW_DOWN during X (Request ID: abc)", "AWS Error SLOW_DOWN during X"),
    ],
)
def test_meaning__is_in_a_few_words(text, words):
    """What a store says is long; what it means is not."""
    assert stores.meaning(OSError(text)) == words


def test_open_store__names_the_other_stores():
    """Names have no options and no secrets, whatever the store; nothing is asked of it yet."""
    google, key = stores.open_store("gs://anonymous@bucket/a/b.log?endpoint_override=127.0.0.1:9&scheme=http")
    assert (google.url, google.bucket, key) == ("gs://bucket", "bucket", "a/b.log")
    azure, key = stores.open_store("abfss://logs@account.dfs.core.windows.net/a/*.log")
    assert (azure.url, azure.bucket, key) == ("abfss://logs@account.dfs.core.windows.net", "logs", "a/*.log")
