"""From what a user gave to a running member: policies, pages for probes, kernels, folder, broker, in this order.

What takes long or can be wrong comes before the group is joined: a member that compiles kernels or has no policies is
none that others should wait for.
"""

from __future__ import annotations

import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.run import unless_empty
from auditor.service.health import KERNELS, POLICIES, Health
from auditor.service.logs import Log, conceal
from auditor.service.loop import Service
from auditor.service.member import Member
from auditor.service.metrics import Metrics
from auditor.service.open import open_storage
from auditor.service.reload import Reloader
from auditor.service.warming import warm_up
from auditor.service.web import HealthServer, Pages, parse_address
from auditor.sources.stores import is_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.service.member import Gap
    from auditor.service.options import StreamOptions
    from auditor.service.sources import Sources
    from auditor.sources.kafka_settings import KafkaSettings

_LOG = Log("service")


@dataclass(frozen=True, slots=True)
class Start:
    """What a member is started with.

    Attributes
    ----------
    sources : Sources
        Policies and inventory.
    kafka : KafkaSettings
        Brokers, topics and group.
    out : str
        Folder, or URL of an object store, for segments.
    options : StreamOptions
        Choices.
    http_address : str or None
        Where probes are answered; None answers none.
    reload_s : float
        Seconds between two looks at policies and inventory.
    """

    sources: Sources
    kafka: KafkaSettings
    out: str
    options: StreamOptions
    http_address: str | None = None
    reload_s: float = 5.0


def serve(start: Start, on_ready: Callable[[Callable[[], None]], None]) -> list[Gap]:
    """Run a member until it is asked to stop; return what it wrote down as missing.

    Parameters
    ----------
    start : Start
        What a user gave.
    on_ready : callable
        Given, before anything is read, what asks the member to stop.

    Raises
    ------
    AuditorError
        What cannot be read, reached or written; StateError if folder, group and log contradict each other.
    """
    _conceal(start.kafka)
    metrics, health = Metrics(), Health()
    writer = uuid.uuid4().hex
    with ExitStack() as stack:
        if start.http_address is not None:
            address = parse_address(start.http_address)
            server = stack.enter_context(HealthServer(address, Pages(health, metrics.render)))
            health.watch("health-server", server.is_alive)
            _LOG.note("probes are answered", port=server.port)
        reloader = Reloader(start.sources, metrics.count_reload, poll_s=start.reload_s)
        tables = reloader.first()
        health.meet(POLICIES)
        for warning in tables.provenance.warnings:
            _LOG.alert("policies or inventory", warning=warning)
        warm_up(tables, start.options)
        health.meet(KERNELS)
        if not is_url(start.out):
            stack.enter_context(unless_empty(Path(start.out)))
        storage = open_storage(start.out, create=True)
        # The client is imported here: whoever only looks at policies need not have it.
        from auditor.sources.kafka_source import KafkaSource  # noqa: PLC0415

        source = KafkaSource(start.kafka)
        member = Member(source, storage, writer, start.options, metrics)
        service = Service(member, tables, reloader, health)
        stack.callback(reloader.stop)
        reloader.start()
        health.watch("policy-reload", reloader.is_alive)
        on_ready(service.stop)
        _LOG.note(
            "started", writer=writer, out=start.out, fingerprint=tables.fingerprint, **start.kafka.describe()
        )
        service.run(leave=start.kafka.member is None)
        _LOG.note("stopped", gaps=len(member.gaps))
    return member.gaps


def _conceal(kafka: KafkaSettings) -> None:
    """Keep secrets out of every line of the log, whoever writes it."""
    security = kafka.security
    for secret in (security.password, security.token, security.key_password):
        if secret is not None:
            conceal(secret.reveal())
