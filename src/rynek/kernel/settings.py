"""Settings: one TOML file and the environment, checked at start."""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

PREFIX = "RYNEK_"
FILE = "rynek.toml"
_CALLERS = frozenset({"RYNEK_TOKEN", "RYNEK_URL"})
"""Variables of ``rynek call``: whom to ask and as whom is no setting of the shop."""
LISTS = frozenset({"only", "plugins", "payment_providers", "networks", "ports"})
"""Settings whose variable holds several values with commas between."""

Rate = Annotated[int, Meta(ge=1, le=10_000_000, description="requests per second, and as many again in a burst")]


class SettingsError(Exception):
    """A setting that is unknown or has a wrong value; the message says which and what would do."""


class Rates(Struct, frozen=True, forbid_unknown_fields=True):
    """How fast one actor (or one address, where nobody is logged in) may ask, by rate class."""

    read: Rate = 500
    write: Rate = 100
    login: Rate = 5
    bulk: Rate = 2_000
    open: Rate = 50


class Webhooks(Struct, frozen=True, forbid_unknown_fields=True):
    """Where webhooks may go beyond the public internet."""

    networks: tuple[str, ...] = ()
    """Private networks that may be sent to, such as ``10.1.0.0/16``."""
    ports: tuple[Annotated[int, Meta(ge=1, le=65535)], ...] = (443, 8443)
    """Ports that may be sent to."""
    plain: bool = False
    """Send by http too: what is sent can then be read on its way."""


class Files(Struct, frozen=True, forbid_unknown_fields=True):
    """How much a file that is imported may hold; what is beyond is refused, or loses its row."""

    megabytes: Annotated[int, Meta(ge=1, le=256)] = 64
    """Of the file as it is sent."""
    unpacked_megabytes: Annotated[int, Meta(ge=1, le=4_096)] = 512
    """Of a workbook (XLSX) when it is unpacked, and of the memory that reading it may take."""
    rows: Annotated[int, Meta(ge=1, le=100_000_000)] = 2_000_000
    columns: Annotated[int, Meta(ge=1, le=16_384)] = 1_000
    line_kilobytes: Annotated[int, Meta(ge=1, le=65_536)] = 1_024
    """Of one row, line breaks in its cells included."""
    depth: Annotated[int, Meta(ge=1, le=100)] = 20
    """How deep values may be nested in JSON Lines."""
    days: Annotated[int, Meta(ge=1, le=3_650)] = 30
    """How long files, and what imports can be undone by, are kept."""


class Breaker(Struct, frozen=True, forbid_unknown_fields=True):
    """When a payment provider that does not answer is left alone, so that buyers are told at once to pay otherwise."""

    failures: Annotated[int, Meta(ge=1, le=10_000)] = 5
    """So many silences in a row."""
    cool_s: Annotated[float, Meta(gt=0, le=300)] = 15.0
    """Seconds until it is tried once; twice as long after each trial that fails, up to 5 minutes."""


class Stripe(Struct, frozen=True, forbid_unknown_fields=True):
    """What Stripe needs to know us by; see its dashboard."""

    secret_key: str = ""
    """``sk_live_…`` or ``sk_test_…``, or better a restricted key for payment intents, refunds and balance."""
    webhook_secret: str = ""
    """``whsec_…`` of the endpoint ``/payments/webhooks/stripe``."""
    address: str = ""
    """Where it is, if not where it always is."""

    def __repr__(self) -> str:
        """Keep keys out of whatever is printed."""
        return "Stripe(…)"


class PayU(Struct, frozen=True, forbid_unknown_fields=True):
    """What PayU needs to know us by; see its panel."""

    pos: str = ""
    """Number of the point of sale."""
    client_id: str = ""
    client_secret: str = ""
    second_key: str = ""
    """It signs notifications."""
    notify: str = ""
    """Where notifications go: this shop's ``https://…/payments/webhooks/payu``."""
    address: str = "https://secure.payu.com"

    def __repr__(self) -> str:
        """Keep keys out of whatever is printed."""
        return "PayU(…)"


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that may differ between two installations."""

    folder: Path = Path(".rynek")
    """Where the embedded database, keys and artefacts lie."""
    database: str = "embedded"
    """``embedded``, or the DSN of the login that may ``set role`` to the contexts it runs."""
    owner_database: str | None = None
    """DSN of the schema's owner, for migrations; None: the same as ``database``."""
    connections: Annotated[int, Meta(ge=2, le=200)] = 8
    """Pooled connections of one server process."""
    memory_mb: Annotated[int, Meta(ge=64)] = 1024
    """Memory the embedded database may use for its buffers."""
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8000
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    only: tuple[str, ...] = ()
    """Contexts this process serves; empty for all."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    secret_file: Path | None = None
    """File with the key that signs sessions and audit seals; None: made once in ``folder``."""
    trust_proxy: bool = False
    """Take the client's address from ``X-Forwarded-For``: only behind a proxy that sets it."""
    body_limit: Annotated[int, Meta(ge=1024)] = 1_048_576
    """Largest request body in bytes."""
    rates: Rates = field(default_factory=Rates)
    webhooks: Webhooks = field(default_factory=Webhooks)
    files: Files = field(default_factory=Files)
    plugins: tuple[str, ...] = ()
    """Names of installed plugins (entry points of ``rynek.plugins``) that may run."""
    search: str = "embedded"
    """``embedded`` for an index in ``folder``, or the address of an OpenSearch or Elasticsearch cluster."""
    theme: Path | None = None
    """A TOML file of colours, roundness and fonts that shop and console wear; None: Rynek's own."""
    router: str = "declared"
    """What chooses the places of orders: ``declared`` for each channel's rules, or the name of a plugin's router."""
    payment_providers: tuple[str, ...] = ("manual",)
    """Payment providers buyers may use, by name; ``simulator`` is for rehearsals only."""
    payment_simulator: str = "http://127.0.0.1:8090"
    """Where ``python -m rynek.commerce.payments.simulator`` listens."""
    payment_terminals: str = "http://127.0.0.1:8092"
    """Where the bridge to the tills' card terminals listens."""
    payment_breaker: Breaker = field(default_factory=Breaker)
    payment_return: str = ""
    """Where buyers come back to from their bank, such as ``https://shop.example/shop/returns/{order}``."""
    stripe: Stripe = field(default_factory=Stripe)
    payu: PayU = field(default_factory=PayU)
    vat_id: str | None = None
    """The shop's own VAT number, in whose name VIES is asked: its answers are a proof only then."""
    vies: str = "https://ec.europa.eu/taxation_customs/vies/rest-api"
    """Where the European Commission's register of VAT numbers (VIES) is asked."""
    carriers_plain: bool = False
    """Carriers may be asked over http and at home: for rehearsals."""
    storage: str = "folder"
    """Where files lie: ``folder`` (``files`` in the folder above) or ``s3://bucket/prefix``."""
    storage_endpoint: str | None = None
    """Address of what speaks S3; None: Amazon's."""
    storage_region: str | None = None
    """The bucket's region; None: as ``AWS_REGION`` says."""


def load(place: Path | None = None, environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Read the settings: defaults, then ``rynek.toml``, then ``RYNEK_*``, then what the caller gives.

    ``RYNEK_RATES__READ=900`` sets ``read`` in ``[rates]``.

    Raises:
        SettingsError: a name is unknown or a value is wrong; the message names it and its source.
    """
    values: dict[str, Any] = {}
    _merge(values, _from_file((place or Path()) / FILE), FILE)
    _merge(values, _from_environment(os.environ if environment is None else environment), "the environment")
    _merge(values, {name: value for name, value in given.items() if value is not None}, "the command line")
    return _convert(values)


def _convert(values: dict[str, Any]) -> Settings:
    return msgspec.convert(values, Settings, strict=False, dec_hook=_path)


def _path(kind: type, value: Any) -> Any:
    if kind is not Path or not isinstance(value, str | Path):
        raise TypeError(f"Expected a path, got `{value!r}`")
    return Path(value)


def _from_file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}") from None


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in sorted(environment.items()):
        if not name.startswith(PREFIX) or name in _CALLERS:
            continue
        *path, last = name.removeprefix(PREFIX).lower().split("__")
        place = values
        for step in path:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                raise SettingsError(f"the environment: {PREFIX}{step.upper()} and {name} cannot both be set")
        place[last] = [part for part in value.split(",") if part] if last in LISTS else value
    return values


def _merge(values: dict[str, Any], more: dict[str, Any], source: str) -> None:
    _refuse_unknown(more, Settings, source)
    for name, value in more.items():
        values[name] = {**values.get(name, {}), **value} if isinstance(value, dict) else value
    try:
        _convert(values)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{source}: {error}") from None


def _refuse_unknown(values: dict[str, Any], into: type[Struct], source: str, path: str = "") -> None:
    known = {entry.name: entry.type for entry in msgspec.structs.fields(into)}
    for name, value in values.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {path}{close[0]}?" if close else f"known are {', '.join(sorted(known))}"
            raise SettingsError(f"{source}: there is no setting {path}{name}; {hint}")
        if isinstance(value, dict):
            if not (isinstance(known[name], type) and issubclass(known[name], Struct)):
                raise SettingsError(f"{source}: {path}{name} is a value, not a table")
            _refuse_unknown(value, known[name], source, f"{path}{name}.")
