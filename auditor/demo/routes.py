"""The legal traffic of the demonstration cluster: who talks to whom, and how much."""

from __future__ import annotations

from typing import NamedTuple


class Route(NamedTuple):
    """Connections that the policies allow.

    Attributes
    ----------
    client, server : str
        ``namespace/workload``, ``namespace/*``, ``node``, ``outside:CIDR``, ``address:IP`` or
        ``service:namespace/workload``.
    protocol : str
        ``TCP``, ``UDP``, ``SCTP`` or ``ICMP``.
    port : int
        Destination port, 0 for ICMP.
    weight : float
        Share of the traffic, relative to the other routes.
    """

    client: str
    server: str
    protocol: str
    port: int
    weight: float


_DNS = "kube-system/coredns"
_CONTROLLER = "ingress/ingress-nginx-controller"
_PROMETHEUS = "monitoring/prometheus"
_NAMESPACES_WITH_DNS = (
    "shop",
    "payments",
    "search",
    "identity",
    "media",
    "analytics",
    "staging",
    "monitoring",
)

ROUTES: tuple[Route, ...] = (
    Route("outside:198.51.96.0/22", _CONTROLLER, "TCP", 443, 14),
    Route("outside:203.0.112.0/24", _CONTROLLER, "TCP", 80, 1),
    Route(_CONTROLLER, "shop/web", "TCP", 8080, 12),
    Route(_CONTROLLER, "identity/auth", "TCP", 8443, 3),
    Route(_CONTROLLER, "analytics/ingest", "TCP", 8080, 4),
    Route(_CONTROLLER, "monitoring/grafana", "TCP", 3000, 0.3),
    Route("shop/web", "shop/catalog", "TCP", 8081, 9),
    Route("shop/web", "shop/cart", "TCP", 8082, 5),
    Route("shop/web", "shop/checkout", "TCP", 8083, 3),
    Route("shop/web", "shop/recommender", "TCP", 8084, 5),
    Route("shop/web", "identity/auth", "TCP", 8443, 3),
    Route("shop/catalog", "search/api", "TCP", 8080, 4),
    Route("shop/recommender", "search/api", "TCP", 8080, 2),
    Route("shop/recommender", "shop/catalog", "TCP", 8081, 2),
    Route("shop/cart", "shop/redis-cart", "TCP", 6379, 5),
    Route("shop/checkout", "shop/cart", "TCP", 8082, 2),
    Route("shop/checkout", "shop/orders-db", "TCP", 5432, 3),
    Route("shop/checkout", "payments/api", "TCP", 8443, 2),
    Route("shop/checkout", "analytics/kafka", "TCP", 9092, 2),
    Route("shop/orders-db", "shop/orders-db", "TCP", 5432, 0.5),
    Route("payments/api", "payments/fraud", "TCP", 9000, 2),
    Route("payments/api", "payments/ledger-db", "TCP", 5432, 2),
    Route("payments/api", "analytics/kafka", "TCP", 9092, 1),
    Route("payments/worker", "payments/ledger-db", "TCP", 5432, 1),
    Route("payments/worker", "outside:203.0.113.16/30", "TCP", 443, 1),
    Route("payments/fraud", "outside:198.51.100.8/31", "TCP", 443, 1),
    Route("payments/ledger-db", "payments/ledger-db", "TCP", 5432, 0.5),
    Route("identity/auth", "identity/ldap", "TCP", 636, 1),
    Route("search/api", "search/opensearch", "TCP", 9200, 5),
    Route("search/indexer", "search/opensearch", "TCP", 9200, 1.5),
    Route("search/indexer", "analytics/kafka", "TCP", 9092, 1),
    Route("search/opensearch", "search/opensearch", "TCP", 9300, 1),
    Route("outside:198.51.96.0/22", "media/origin", "TCP", 443, 4),
    Route("outside:198.51.96.0/22", "media/origin", "UDP", 443, 4),
    Route("outside:2001:db8:10::/64", "media/origin", "TCP", 443, 1.5),
    Route("outside:2001:db8:10::/64", "media/origin", "UDP", 443, 1.5),
    Route("outside:198.18.4.0/28", "media/voice", "SCTP", 5060, 0.3),
    Route("outside:198.18.4.0/28", "media/voice", "UDP", 16384, 0.7),
    Route("outside:203.0.112.0/24", "media/uploader", "TCP", 8080, 1),
    Route("media/transcoder", "media/origin", "TCP", 443, 1),
    Route("analytics/ingest", "analytics/kafka", "TCP", 9092, 4),
    Route("analytics/spark-worker", "analytics/kafka", "TCP", 9092, 2),
    Route("logging/fluent-bit", "logging/loki", "TCP", 3100, 3),
    Route("monitoring/grafana", "logging/loki", "TCP", 3100, 0.3),
    Route("monitoring/grafana", _PROMETHEUS, "TCP", 9090, 0.5),
    Route(_PROMETHEUS, "monitoring/alertmanager", "TCP", 9093, 0.2),
    Route(_PROMETHEUS, "node", "TCP", 9100, 0.3),
    # Neither side is isolated: a ping that no policy speaks about.
    Route(_PROMETHEUS, "logging/fluent-bit", "ICMP", 0, 0.1),
    Route("staging/web", "staging/api", "TCP", 8081, 0.3),
    Route("staging/api", "staging/db", "TCP", 5432, 0.2),
    Route("default/toolbox", _DNS, "UDP", 53, 0.05),
    *(Route(f"{namespace}/*", _DNS, "UDP", 53, 1) for namespace in _NAMESPACES_WITH_DNS),
    *(
        Route(_PROMETHEUS, f"{name}/*", "TCP", 9102, 0.4)
        for name in ("shop", "payments", "identity", "search")
    ),
)
