"""What runs in the demonstration cluster: namespaces, workloads and how many pods of each."""

from __future__ import annotations

from typing import NamedTuple


class Port(NamedTuple):
    """A port that the pods of a workload declare."""

    name: str
    protocol: str
    number: int


METRICS = Port("metrics", "TCP", 9102)


class Workload(NamedTuple):
    """What makes identical pods.

    Attributes
    ----------
    namespace, name : str
        The object.
    n_pods : int
        Replicas; 0 is one on every node.
    ports : tuple of Port
        What its container declares.
    kind : {'Deployment', 'StatefulSet', 'DaemonSet', 'Job'}
        Kind of the owner; pods of a Job are finished.
    labels : mapping of str to str, or None
        Labels instead of ``app``; None is ``app`` alone.
    tier : str
        Value of the label ``tier``, none if empty.
    is_on_host : bool
        Whether the pods use the network of their node.
    """

    namespace: str
    name: str
    n_pods: int
    ports: tuple[Port, ...] = ()
    kind: str = "Deployment"
    labels: dict[str, str] | None = None
    tier: str = ""
    is_on_host: bool = False

    @property
    def key(self) -> str:
        """Return ``namespace/name``."""
        return f"{self.namespace}/{self.name}"


NAMESPACES: dict[str, dict[str, str]] = {
    "analytics": {"team": "insight", "zone": "platform"},
    "default": {},
    "identity": {"team": "security", "zone": "platform"},
    "ingress": {"team": "platform"},
    "kube-system": {},
    "logging": {"team": "platform"},
    "media": {"team": "media", "zone": "application"},
    "monitoring": {"team": "platform"},
    "payments": {"team": "payments", "zone": "application", "kafka-client": "true"},
    "search": {"team": "search", "zone": "application", "kafka-client": "true"},
    "shop": {"team": "shop", "zone": "application", "kafka-client": "true"},
    "staging": {"team": "shop", "zone": "staging"},
}
"""Labels by name, without the one that the API server adds."""

DUAL_STACK = "media"
N_NODES = 10


def _tcp(name: str, number: int) -> Port:
    return Port(name, "TCP", number)


WORKLOADS: tuple[Workload, ...] = (
    Workload("shop", "web", 30, (_tcp("http", 8080), METRICS), tier="frontend"),
    Workload("shop", "catalog", 20, (_tcp("http", 8081), METRICS), tier="backend"),
    Workload("shop", "cart", 14, (_tcp("http", 8082), METRICS), tier="backend"),
    Workload("shop", "checkout", 14, (_tcp("http", 8083), METRICS), tier="backend"),
    Workload("shop", "recommender", 10, (_tcp("http", 8084), METRICS), tier="backend"),
    Workload("shop", "orders-db", 3, (_tcp("sql", 5432), METRICS), "StatefulSet", tier="db"),
    Workload("shop", "redis-cart", 3, (_tcp("cache", 6379), METRICS), "StatefulSet", tier="db"),
    Workload("payments", "api", 14, (_tcp("https", 8443), METRICS), tier="backend"),
    Workload("payments", "worker", 10, (METRICS,), tier="backend"),
    Workload("payments", "fraud", 8, (_tcp("grpc", 9000), METRICS), tier="backend"),
    Workload("payments", "ledger-db", 3, (_tcp("sql", 5432), METRICS), "StatefulSet", tier="db"),
    Workload("payments", "settlement", 4, (), "Job"),
    Workload("identity", "auth", 12, (_tcp("https", 8443), METRICS), tier="backend"),
    Workload("identity", "ldap", 2, (_tcp("ldaps", 636), METRICS), "StatefulSet", tier="db"),
    Workload("identity", "token-cache", 3, (_tcp("cache", 6379), METRICS), "StatefulSet", tier="db"),
    Workload("search", "api", 14, (_tcp("http", 8080), METRICS), tier="backend"),
    Workload("search", "indexer", 6, (METRICS,), tier="backend"),
    Workload(
        "search",
        "opensearch",
        5,
        (_tcp("rest", 9200), _tcp("transport", 9300), METRICS),
        "StatefulSet",
        tier="db",
    ),
    Workload("media", "uploader", 8, (_tcp("http", 8080),), tier="frontend"),
    Workload("media", "transcoder", 12, (), tier="backend"),
    Workload("media", "origin", 8, (_tcp("https", 443), Port("quic", "UDP", 443)), tier="frontend"),
    Workload(
        "media", "voice", 3, (Port("signalling", "SCTP", 5060), Port("speech", "UDP", 16384)), "StatefulSet"
    ),
    Workload("analytics", "ingest", 10, (_tcp("http", 8080),), tier="frontend"),
    Workload(
        "analytics", "kafka", 5, (_tcp("broker", 9092), _tcp("metrics", 9404)), "StatefulSet", tier="db"
    ),
    Workload("analytics", "spark-worker", 12, (_tcp("ui", 4040),), tier="backend"),
    Workload("analytics", "airflow", 2, (_tcp("http", 8080),), tier="backend"),
    Workload("monitoring", "prometheus", 2, (_tcp("http", 9090),), "StatefulSet"),
    Workload("monitoring", "alertmanager", 3, (_tcp("http", 9093),), "StatefulSet"),
    Workload("monitoring", "grafana", 2, (_tcp("http", 3000),)),
    Workload("monitoring", "node-exporter", 0, (_tcp("metrics", 9100),), "DaemonSet", is_on_host=True),
    Workload("logging", "fluent-bit", 0, (_tcp("http", 2020),), "DaemonSet"),
    Workload("logging", "loki", 3, (_tcp("http", 3100),), "StatefulSet"),
    Workload(
        "ingress",
        "ingress-nginx-controller",
        4,
        (_tcp("http", 80), _tcp("https", 443)),
        labels={"app.kubernetes.io/name": "ingress-nginx", "app.kubernetes.io/component": "controller"},
    ),
    Workload(
        "kube-system",
        "coredns",
        3,
        (Port("dns", "UDP", 53), _tcp("dns-tcp", 53), _tcp("metrics", 9153)),
        labels={"k8s-app": "kube-dns"},
    ),
    Workload(
        "kube-system", "metrics-server", 2, (_tcp("https", 10250),), labels={"k8s-app": "metrics-server"}
    ),
    Workload("kube-system", "kube-proxy", 0, (_tcp("metrics", 10249),), "DaemonSet", is_on_host=True),
    Workload("kube-system", "cilium", 0, (_tcp("health", 9879),), "DaemonSet", is_on_host=True),
    Workload("staging", "web", 4, (_tcp("http", 8080),), tier="frontend"),
    Workload("staging", "api", 4, (_tcp("http", 8081),), tier="backend"),
    Workload("staging", "db", 1, (_tcp("sql", 5432),), "StatefulSet", tier="db"),
    Workload("default", "toolbox", 2, ()),
)
