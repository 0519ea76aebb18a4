"""The gaps planted in the demonstration: connections whose finding is known, and the story of each."""

from __future__ import annotations

from typing import NamedTuple


class Gap(NamedTuple):
    """One planted gap.

    Attributes
    ----------
    name : str
        What it is called in the README of the demonstration.
    story : str
        What is wrong, in a sentence or two.
    client, server : str
        Ends, spelled as in a route.
    protocol : str
        ``TCP``, ``UDP``, ``SCTP`` or ``ICMP``.
    port : int
        Destination port, 0 for ICMP.
    finding : str
        What an audit must say of it.
    vpc : float
        Share of the rows of the VPC log; 0 is none.
    events : int
        Connections of it in the Hubble log; 0 is none.
    outcome : {'forwarded', 'dropped', 'audited', 'unanswered', 'refused'}
        What the logs saw happen to it.
    """

    name: str
    story: str
    client: str
    server: str
    protocol: str
    port: int
    finding: str
    vpc: float
    events: int
    outcome: str = "forwarded"

    @property
    def verdict(self) -> str:
        """What the policies say of it."""
        return {"MISDROPPED": "allowed", "UNDECIDED": "unknown"}.get(self.finding, "denied")


GAPS: tuple[Gap, ...] = (
    Gap(
        "database-bypass",
        "The recommender reads the orders database directly; no policy on either side allows it.",
        "shop/recommender",
        "shop/orders-db",
        "TCP",
        5432,
        "VIOLATION",
        0.0022,
        40,
    ),
    Gap(
        "missing-egress",
        "Checkout calls a shipping partner that its egress policy does not know.",
        "shop/checkout",
        "outside:192.0.2.200/32",
        "TCP",
        443,
        "VIOLATION",
        0.0016,
        30,
    ),
    Gap(
        "mistyped-label",
        "The policy for the Spark interface selects `app: sprak-worker`, which no pod carries.",
        "analytics/airflow",
        "analytics/spark-worker",
        "TCP",
        4040,
        "VIOLATION",
        0.0012,
        20,
    ),
    Gap(
        "wrong-namespace-selector",
        "Metrics of analytics may be read from namespaces labelled `name: monitoring`; there is none.",
        "monitoring/prometheus",
        "analytics/kafka",
        "TCP",
        9404,
        "VIOLATION",
        0.0010,
        20,
    ),
    Gap(
        "named-port-mismatch",
        "The policy of the token cache names the port `redis`; the pods call theirs `cache`.",
        "identity/auth",
        "identity/token-cache",
        "TCP",
        6379,
        "VIOLATION",
        0.0009,
        20,
    ),
    Gap(
        "excluded-block",
        "Fraud calls the test network of its scoring partner, which the policy's ipBlock excludes.",
        "payments/fraud",
        "outside:198.51.100.70/32",
        "TCP",
        443,
        "VIOLATION",
        0.0006,
        15,
    ),
    Gap(
        "scraper",
        "A client of an excluded network reaches the media origin over HTTP/3.",
        "outside:192.0.2.23/32",
        "media/origin",
        "UDP",
        443,
        "VIOLATION",
        0.0005,
        12,
    ),
    Gap(
        "forgotten-ipv6",
        "The uploader's policy was written before the namespace became dual-stack: 0.0.0.0/0 is not ::/0.",
        "outside:2001:db8:feed::17/128",
        "media/uploader",
        "TCP",
        8080,
        "VIOLATION",
        0.0005,
        15,
    ),
    Gap(
        "ping",
        "Prometheus pings the payment pods, in vain: a rule with ports does not cover ICMP.",
        "monitoring/prometheus",
        "payments/api",
        "ICMP",
        0,
        "VIOLATION",
        0.0004,
        15,
        "unanswered",
    ),
    Gap(
        "staging-to-production",
        "A staging service is configured with the address of the production catalogue.",
        "staging/api",
        "shop/catalog",
        "TCP",
        8081,
        "VIOLATION",
        0.0003,
        10,
    ),
    Gap(
        "unanswered-knock",
        "Somebody in the toolbox pod tries the orders database: SYN only, never an answer. The VPC log says "
        "ACCEPT because the packet reached the node; whether a policy dropped it there it cannot say.",
        "default/toolbox",
        "shop/orders-db",
        "TCP",
        5432,
        "VIOLATION",
        0.0002,
        0,
        "unanswered",
    ),
    Gap(
        "audit-mode",
        "Payment workers read the shop's carts; the endpoint is in audit mode, so it was only noted.",
        "payments/worker",
        "shop/cart",
        "TCP",
        8082,
        "VIOLATION",
        0.0,
        10,
        "audited",
    ),
    Gap(
        "wrongly-dropped",
        "Nodes drop some connections from web to the catalogue that the policies allow.",
        "shop/web",
        "shop/catalog",
        "TCP",
        8081,
        "MISDROPPED",
        0.0,
        60,
        "dropped",
    ),
    Gap(
        "ghost",
        "An address inside the pod network that no pod holds talks to the payments API.",
        "address:10.244.3.250",
        "payments/api",
        "TCP",
        8443,
        "UNDECIDED",
        0.0004,
        10,
    ),
    Gap(
        "service-address",
        "The indexer's egress is logged with the service address, before translation to a pod.",
        "search/indexer",
        "service:search/opensearch",
        "TCP",
        9200,
        "UNDECIDED",
        0.0,
        20,
    ),
    Gap(
        "stopped",
        "The toolbox pod tries the payments ledger and is stopped, as it should be.",
        "default/toolbox",
        "payments/ledger-db",
        "TCP",
        5432,
        "BLOCKED",
        0.0003,
        20,
        "refused",
    ),
)
"""``refused`` is REJECT in the VPC log (a security group), and DROPPED by policy in the Hubble log."""
