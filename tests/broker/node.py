"""One node of Apache Kafka on this machine, with plain, SASL and TLS listeners."""

from __future__ import annotations

import base64
import shutil
import signal
import socket
import subprocess
import time
import uuid
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from tests.broker.certificates import write_certificates
from tests.broker.jars import find_jars, find_java

if TYPE_CHECKING:
    from pathlib import Path

USER, PASSWORD = "auditor", 'pass,word with "signs"'
SCRAM_PASSWORD = "scram-pass"  # noqa: S105  of one run
KEY_PASSWORD = "opens-the-key"  # noqa: S105  of a key made for one run
START_SECONDS = 60

PROPERTIES = """
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{plain},SASL://127.0.0.1:{sasl},TLS://127.0.0.1:{tls},\
CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{plain},SASL://127.0.0.1:{sasl},TLS://127.0.0.1:{tls}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:{controller}
inter.broker.listener.name=PLAINTEXT
log.dirs={folder}/log
auto.create.topics.enable=false
num.partitions=1
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.retention.check.interval.ms=500
log.initial.task.delay.ms=100
log.cleaner.backoff.ms=200
log.cleaner.dedupe.buffer.size=8388608
file.delete.delay.ms=100
delete.records.purgatory.purge.interval.requests=1
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER
listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule \
required user_{user}="{password}";
listener.name.sasl.scram-sha-256.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl.oauthbearer.sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule \
required unsecuredLoginStringClaim_sub="broker";
listener.name.tls.ssl.client.auth=required
ssl.keystore.type=PEM
ssl.keystore.location={folder}/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder}/ca.pem
"""
LOGGING = """
<Configuration status="OFF">
<Appenders><Console name="out"><PatternLayout pattern="%d %p %c %m%n"/></Console></Appenders>
<Loggers><Root level="WARN"><AppenderRef ref="out"/></Root></Loggers></Configuration>
"""


def free_ports(n: int) -> list[int]:
    """Return ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(n)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Node:
    """A broker in a folder of its own; ``stop`` and ``kill`` may be followed by ``start``."""

    def __init__(self, folder: Path) -> None:
        self._java = find_java()
        self._jars = find_jars()
        self.folder = folder
        plain, controller, sasl, tls = free_ports(4)
        self.brokers, self.sasl_brokers, self.tls_brokers = (
            f"127.0.0.1:{port}" for port in (plain, sasl, tls)
        )
        write_certificates(folder, KEY_PASSWORD.encode())
        quoted = PASSWORD.replace('"', '\\\\"')
        text = PROPERTIES.format(
            plain=plain, controller=controller, sasl=sasl, tls=tls, folder=folder, user=USER, password=quoted
        )
        (folder / "server.properties").write_text(text, encoding="utf-8")
        (folder / "log4j2.xml").write_text(LOGGING, encoding="utf-8")
        self._child: subprocess.Popen[bytes] | None = None
        identity = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # A leading minus would be taken for a flag.
        arguments = ["format", "-t", identity.replace("-", "_"), "-c", str(folder / "server.properties")]
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
            arguments += ["--add-scram", f'{mechanism}=[name="{USER}",password="{SCRAM_PASSWORD}"]']
        ran = subprocess.run(
            self._command("kafka.tools.StorageTool", *arguments), capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr

    def _command(self, program: str, *arguments: str) -> list[str]:
        # One compiler and one collector: the start takes half the time, and two cores are all there are.
        options = ["-Xms128m", "-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]
        logging = f"-Dlog4j2.configurationFile={self.folder}/log4j2.xml"
        return [self._java, *options, logging, "-cp", f"{self._jars}/*", program, *arguments]

    @property
    def admin(self) -> AdminClient:
        """A client for changing topics, by another library than the one under test."""
        return AdminClient({"bootstrap.servers": self.brokers, "log_level": 0})

    def start(self) -> None:
        """Start, and return when the node answers."""
        with (self.folder / "output.txt").open("ab") as output:
            self._child = subprocess.Popen(
                self._command("kafka.Kafka", str(self.folder / "server.properties")),
                stdout=output,
                stderr=output,
            )
        until = time.monotonic() + START_SECONDS
        admin = self.admin
        while True:
            if self._child.poll() is not None or time.monotonic() > until:
                self.kill()
                raise AssertionError((self.folder / "output.txt").read_text(encoding="utf-8")[-2_000:])
            try:
                if admin.list_topics(timeout=1).brokers:
                    return
            except KafkaException:
                time.sleep(0.1)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End the node without a warning, or with another signal."""
        if self._child is not None:
            self._child.send_signal(number)
            if number in {signal.SIGKILL, signal.SIGTERM}:
                self._child.wait(60)
                self._child = None

    def stop(self) -> None:
        """End the node, and remove what it wrote."""
        self.kill()
        shutil.rmtree(self.folder / "log", ignore_errors=True)

    def create(self, name: str, partitions: int = 1, **config: str) -> str:
        """Create a topic, and return when it is known; underscores in names of its configuration are dots."""
        options = {key.replace("_", "."): value for key, value in config.items()}
        topic = NewTopic(name, partitions, 1, config=options)
        admin = self.admin
        admin.create_topics([topic])[name].result(20)
        while name not in admin.list_topics(timeout=5).topics:
            time.sleep(0.05)
        return name

    def delete(self, name: str) -> None:
        """Delete a topic, and return when it is gone."""
        admin = self.admin
        admin.delete_topics([name])[name].result(20)
        while name in admin.list_topics(timeout=5).topics:
            time.sleep(0.05)
