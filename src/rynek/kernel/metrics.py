"""Figures of this process for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

REQUESTS = Counter(
    "rynek_requests", "Requests answered, by operation and status.", ["operation", "status"], registry=REGISTRY
)
SECONDS = Histogram("rynek_request_seconds", "Time to answer.", ["operation"], buckets=_SECONDS, registry=REGISTRY)
BATCH = Histogram(
    "rynek_batch_size",
    "Commands that shared a transaction.",
    ["action"],
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
    registry=REGISTRY,
)
PARKED = Gauge("rynek_parked_events", "Events a reaction could not take.", ["reaction"], registry=REGISTRY)
LAG = Gauge(
    "rynek_reaction_lag_seconds",
    "How long a reaction has had news that it has not taken.",
    ["reaction"],
    registry=REGISTRY,
)

_children: dict[tuple[str, int], tuple[Counter, Histogram]] = {}


def answered(operation: str, status: int, seconds: float) -> None:
    """Count an answer."""
    children = _children.get((operation, status))
    if children is None:
        children = _children[operation, status] = (REQUESTS.labels(operation, str(status)), SECONDS.labels(operation))
    children[0].inc()
    children[1].observe(seconds)


def text() -> bytes:
    """Give all figures in Prometheus' text format."""
    return generate_latest(REGISTRY)
