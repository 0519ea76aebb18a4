"""Object stores: a real S3-compatible server, and one that answers as it is told."""

from __future__ import annotations

import http.server
import threading

import pytest

from auditor.errors import ConfigError, SinkError
from auditor.service.compact import compact
from auditor.service.object_storage import ATTEMPTS, ObjectStorage
from auditor.service.open import open_storage
from auditor.service.verify import verify
from tests.service.making import HOUR_MS, chain_of, disagreements, segment_of, write_chain, write_on
from tests.sources.store import Store

PRECONDITION = b"<Error><Code>PreconditionFailed</Code></Error>"


def options(url):
    """Return what a store of this machine needs."""
    return {
        "access_key_id": "k",
        "secret_access_key": "s",
        "region": "us-east-1",
        "endpoint": url,
        "client_options": {"allow_http": True, "timeout": "2s"},
        "retry_config": {"max_retries": 0},
    }


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Return an S3-compatible server with a bucket."""
    store = Store(tmp_path_factory.mktemp("store") / "log")
    store.make("bucket")
    yield store
    store.close()


def opened(server, folder):
    """Return a storage in a folder of the bucket."""
    return ObjectStorage(f"s3://bucket/{folder}", options(server.url))


def test_create__takes_a_name_once(server):
    """The server honours If-None-Match: what is there stays, and our own counts as written."""
    storage = opened(server, "once")
    assert storage.create("a/b=1", b"one")
    server.asked()
    assert not storage.create("a/b=1", b"two")
    assert [request["code"] for request in server.asked() if request["method"] == "PUT"] == [412]
    assert storage.create("a/b=1", b"one")
    assert storage.read("a/b=1") == b"one"


def test_object_storage__lists_reads_and_removes(server):
    """It does what a folder does."""
    storage = opened(server, "all")
    for name in ("b/2", "b/1", "b/c/3", "a"):
        assert storage.create(name, name.encode())
    assert storage.names("") == ["a", "b/1", "b/2", "b/c/3"]
    assert storage.names("b/", after="b/1") == ["b/2", "b/c/3"]
    assert storage.names("z/") == []
    assert storage.modified_s("a") > 1e9
    storage.replace("a", b"new")
    assert storage.read("a") == b"new"
    storage.remove("a")
    storage.remove("a")
    assert (storage.read("a"), storage.modified_s("a")) == (None, None)


def test_publish__writes_a_chain_into_a_bucket(server):
    """Two writers, a lost race, compaction and the proof, on a store."""
    storage = opened(server, "chain")
    write_chain(storage, [5, 9, 12], every_ms=HOUR_MS // 9)
    late = chain_of(opened(server, "chain"))
    late.first()
    assert late.publish(*segment_of(5, 8, "late")).end == 12
    write_on(opened(server, "chain"), 20, 5, "b")

    def contents():
        return {name: storage.read(name) for name in storage.names("")}

    assert disagreements(contents(), 20) == []
    assert len(compact(storage, "c", 4e9, 0).merged) == 1
    assert disagreements(contents(), 20) == []
    assert verify(storage).is_sound


class Scripted(http.server.ThreadingHTTPServer):
    """An S3 server that answers each PUT as it is told; everything else honestly.

    Attributes
    ----------
    script : list of str
        For the next PUTs: ``ok``, a status (nothing written), or ``lost`` (written, and no answer).
    objects : dict of str to bytes
        What is in it.
    """

    def __init__(self):
        self.script = []
        self.objects = {}
        self.n_puts = 0
        super().__init__(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Answer(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Say nothing."""

    def _say(self, status, content=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", '"tag"')
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.end_headers()
        self.wfile.write(content)

    def do_PUT(self):
        """Write, or not."""
        content = self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        server.n_puts += 1
        told = server.script.pop(0) if server.script else "ok"
        if told.isdigit():
            self._say(int(told), PRECONDITION)
        elif self.path in server.objects:
            self._say(412, PRECONDITION)
        else:
            assert self.headers["If-None-Match"] == "*"
            server.objects[self.path] = content
            if told == "lost":
                self.close_connection = True
            else:
                self._say(200)

    def do_GET(self):
        """Read."""
        content = self.server.objects.get(self.path)
        if content is None:
            self._say(404)
        else:
            self._say(200, content)


@pytest.fixture
def scripted():
    """Return a server that answers as it is told."""
    with Scripted() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def talking_to(server, waited):
    """Return a storage on the scripted server that writes down how long it would wait."""
    return ObjectStorage("s3://bucket", options(server.url), sleep=waited.append)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(["412"], id="f44-412-of-nothing"),
        pytest.param(["409"], id="f44-409-at-once"),
        pytest.param(["409", "409"], id="f44-409-twice"),
        pytest.param(["503", "500"], id="f44-503"),
        pytest.param(["lost"], id="f44-answer-lost"),
        pytest.param(["503", "lost"], id="f44-503-then-lost"),
    ],
)
def test_create__finds_out_what_became_of_it(scripted, script):
    """Whatever is answered, our object is there in the end, and that is what is said."""
    waited = []
    storage = talking_to(scripted, waited)
    n_retries = sum(told != "lost" for told in script)
    scripted.script = list(script)
    assert storage.create("a", b"ours")
    assert scripted.objects == {"/bucket/a": b"ours"}
    assert len(waited) == n_retries


@pytest.mark.parametrize("script", [[], ["409"], ["503"]])
def test_create__yields_to_what_another_wrote_f44(scripted, script):
    """What another wrote stays, whatever was answered."""
    scripted.objects["/bucket/a"] = b"theirs"
    scripted.script = list(script)
    assert not talking_to(scripted, []).create("a", b"ours")
    assert scripted.objects == {"/bucket/a": b"theirs"}


def test_create__gives_up_in_the_end_f44(scripted):
    """A store that stays unavailable is an error that says so, after some patience."""
    waited = []
    scripted.script = ["503"] * 50
    with pytest.raises(SinkError) as caught:
        talking_to(scripted, waited).create("a", b"ours")
    assert str(caught.value).startswith("cannot write `a`: ")
    assert str(caught.value).endswith(" - at s3://bucket")
    assert len(waited) == ATTEMPTS - 1
    assert scripted.objects == {}


def test_create__survives_a_store_that_is_not_there():
    """Nobody at the address is an error of this project, for every method."""
    storage = ObjectStorage("s3://bucket", options("http://127.0.0.1:9"), sleep=lambda _: None)
    for ask in (
        lambda: storage.create("a", b""),
        lambda: storage.replace("a", b""),
        lambda: storage.read("a"),
        lambda: storage.names(""),
        lambda: storage.modified_s("a"),
        lambda: storage.remove("a"),
    ):
        with pytest.raises(SinkError) as caught:
            ask()
        assert str(caught.value).endswith(" - at s3://bucket")


@pytest.mark.parametrize("url", ["ftp://host/x", "https://host/x", "file:///x"])
def test_open_storage__refuses_what_is_no_store(url):
    """A URL that nothing can be created in exclusively is refused."""
    with pytest.raises(ConfigError) as caught:
        open_storage(url)
    assert str(caught.value) == (
        f"expected a folder or a URL that begins with `s3://`, `gs://`, `az://` or `abfss://`, came `{url}`"
    )


def test_open_storage__opens_folders_and_stores(tmp_path):
    """Nothing is asked of a store yet."""
    assert open_storage(str(tmp_path)).names("") == []
    assert open_storage("s3://bucket/out").place == "s3://bucket/out"


def test_object_storage__says_that_the_extra_is_missing(monkeypatch):
    """Without obstore, the message names the extra."""
    monkeypatch.setitem(__import__("sys").modules, "obstore", None)
    with pytest.raises(ConfigError) as caught:
        ObjectStorage("s3://bucket")
    assert str(caught.value) == (
        "expected the package `obstore` for object stores, it is not installed; install the extra `stores`"
    )
