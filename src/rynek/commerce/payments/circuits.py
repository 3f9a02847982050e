"""How this process fares with providers outside of the house: one that does not answer is left alone for a while."""

from collections.abc import Callable

from prometheus_client import Gauge

from rynek.commerce.payments import rules
from rynek.commerce.payments.ports import OUTSIDE
from rynek.commerce.payments.rules import Circuit
from rynek.kernel import clock, metrics
from rynek.kernel.settings import Breaker, Settings

CIRCUITS: dict[str, Circuit] = {}
CIRCUIT = Gauge(
    "rynek_payment_circuit",
    "Whether a payment provider is asked: 0 it is, 1 it is tried once, 2 it is left alone because it does not answer.",
    ["provider"],
    registry=metrics.REGISTRY,
)
_STANDING = {"closed": 0, "half-open": 1, "open": 2}
_breaker = [Breaker()]


def configure(settings: Settings, secret: Callable[[str], bytes]) -> None:  # noqa: ARG001 - as all are set up
    """Begin anew with all providers, as patient as the settings say."""
    _breaker[0] = settings.payment_breaker
    CIRCUITS.clear()
    for name in OUTSIDE:
        _set(name, Circuit())


def available(name: str) -> bool:
    """Tell whether a provider may be asked at this moment."""
    return name not in OUTSIDE or rules.admits(_of(name), _now(), _breaker[0].cool_s)


def admit(name: str) -> bool:
    """Tell the same to one who then asks: of a provider that is tried once, only the first may."""
    if not available(name):
        return False
    if name in OUTSIDE:
        _set(name, rules.asking(_of(name), _now(), _breaker[0].cool_s))
    return True


def hear(name: str, *, answered: bool) -> None:
    """Learn that a provider answered, or was silent."""
    if name in OUTSIDE:
        limit, cool_s = _breaker[0].failures, _breaker[0].cool_s
        _set(name, rules.heard(_of(name), _now(), answered=answered, limit=limit, cool_s=cool_s))


def _of(name: str) -> Circuit:
    return CIRCUITS.get(name, Circuit())


def _set(name: str, circuit: Circuit) -> None:
    if name not in CIRCUITS:
        CIRCUIT.labels(name).set_function(lambda: _STANDING[rules.standing_of(_of(name), _now(), _breaker[0].cool_s)])
    CIRCUITS[name] = circuit


def _now() -> float:
    return clock.now().timestamp()
