"""The decisions of webhooks, by properties."""

import base64
import ipaddress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct, defstruct
from standardwebhooks import Webhook

from rynek.integration.webhooks import filters, rules
from rynek.integration.webhooks.filters import passes, problems, read
from rynek.integration.webhooks.model import BadAddress, BadFilter
from rynek.kernel import clock

INSIDE = ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16", "100.64.0.0/10")
inner = st.sampled_from(INSIDE).flatmap(
    lambda text: st.integers(
        int(ipaddress.IPv4Network(text).network_address), int(ipaddress.IPv4Network(text).broadcast_address)
    )
)


@settings(deadline=None)
@given(inner)
def test_private_addresses_are_not_reachable_however_they_are_embedded(number: int) -> None:
    v4 = ipaddress.IPv4Address(number)
    dressed = [
        (0xFFFF << 32) | number, number, (0x0064FF9B << 96) | number, (0x2002 << 112) | (number << 80),
        (0x20010000 << 96) | (number ^ 0xFFFFFFFF),
    ]  # fmt: skip
    assert not rules.reachable(v4, ())
    for each in dressed:
        assert not rules.reachable(ipaddress.IPv6Address(each), ()), ipaddress.IPv6Address(each)
    assert rules.reachable(v4, [ipaddress.ip_network(v4)])
    assert rules.literal(str(v4)) == v4
    for url in (f"https://{v4}/", f"https://[::ffff:{v4}]/"):
        with pytest.raises(BadAddress):
            rules.address(url, {443}, (), plain=False)


@settings(deadline=None)
@given(st.text(max_size=80))
def test_whatever_is_said_is_an_address_or_is_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://{text}/x"):
        try:
            found = rules.address(url, {443}, (), plain=False)
        except BadAddress:
            continue
        assert (found.scheme, found.port, found.user, found.fragment) == ("https", 443, None, "")
        assert rules.literal(str(found.host)) is None or rules.reachable(ipaddress.ip_address(str(found.host)), ())


@settings(deadline=None)
@given(st.lists(st.binary(min_size=24, max_size=64), min_size=1, max_size=3), st.text("abc-123", min_size=1), st.text())
def test_every_secret_signs_as_the_standard_library_does(keys: list[bytes], identity: str, text: str) -> None:
    body = text.encode("utf-8", "replace")
    now = int(clock.now().timestamp())
    headers = {
        "webhook-id": identity, "webhook-timestamp": str(now),
        "webhook-signature": rules.signatures(keys, identity, now, body),
    }  # fmt: skip
    for key in keys:
        assert base64.b64decode(rules.secret(key).removeprefix("whsec_")) == key
        Webhook(rules.secret(key)).verify(body, headers, json_parse=False)


@settings(deadline=None)
@given(st.integers(1, 40), st.floats(0, 1), st.floats(0, 10**7))
def test_tries_come_later_and_later_up_to_a_bound(attempt: int, chance: float, asked: float) -> None:
    assert 3.9 < rules.wait_s(attempt, chance) < 7.3 * 3600
    if attempt < 6:
        assert rules.wait_s(attempt, 1.0) < rules.wait_s(attempt + 1, 0.0)
    fate = rules.fate(503, attempt, asked, chance)
    assert fate.state == ("parked" if attempt >= rules.ATTEMPTS else "waiting")
    if fate.state == "waiting":
        assert min(asked, 3600) <= fate.wait_s < 7.3 * 3600


@settings(deadline=None)
@given(st.one_of(st.none(), st.integers(100, 599)), st.integers(1, 20))
def test_only_success_is_success(status: int | None, attempt: int) -> None:
    fate = rules.fate(status, attempt, 0, 0.5)
    assert (fate.state == "delivered") == (status is not None and 200 <= status < 300)
    assert fate.gone == (status == 410)
    if fate.state != "delivered":
        assert rules.fate(status, attempt, 0, 0.5, lost=True).state == "parked"


@settings(deadline=None)
@given(st.integers(1, 50), st.integers(0, 60), st.booleans(), st.booleans())
def test_one_that_fails_or_is_slow_has_one_at_a_time(at_once: int, flying: int, failing: bool, slow: bool) -> None:  # noqa: FBT001 - drawn
    room = rules.room(at_once, flying, failing=failing, slow=slow)
    assert room >= 0
    assert room + flying <= max(flying, 1 if failing or slow else at_once)


@settings(deadline=None)
@given(st.text(max_size=2_000))
def test_what_is_kept_of_an_answer_is_a_short_line(text: str) -> None:
    kept = rules.redacted(text)
    assert len(kept) <= 300
    assert not any(each in kept for each in "\x00\r\n\t\x1b")
    assert kept.encode().decode() == kept


@pytest.mark.parametrize(
    "secret",
    [
        "Bearer abcdefgh12345678", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "ola.nowak@example.com",
        "4111 1111 1111 1111",
        "password=hunter2hunter2", '"api_key": "abcdefgh"', "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx",
    ],
)  # fmt: skip
def test_what_looks_like_a_secret_is_taken_out(secret: str) -> None:
    tail = secret.rsplit(maxsplit=1)[-1].rpartition("=")[2].strip('"')
    assert tail not in rules.redacted(f"it said {secret} and more")


# --- filters ----------------------------------------------------------------------------------------------------------


class Order(Struct, frozen=True):
    channel: str
    total_minor: int
    first: bool = False
    note: str | None = None


SHAPES = {"orders.order-placed": filters.fields(Order)}
orders = st.builds(
    Order, st.text(max_size=5), st.integers(-(10**9), 10**9), st.booleans(), st.none() | st.text(max_size=3)
)


def holds(text: str, order: Any) -> bool:
    return passes(read(text), order)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@settings(deadline=None)
@given(orders, st.integers(-(10**9), 10**9), st.text(max_size=5))
def test_comparisons_mean_what_they_say(order: Order, number: int, text: str) -> None:
    assert holds(f"total_minor >= {number}", order) == (order.total_minor >= number)
    assert holds(f"total_minor<{number}", order) == (order.total_minor < number)
    assert holds(f"channel = {quoted(text)}", order) == (order.channel == text)
    assert holds(f"channel IN ({quoted(text)}, 'x')", order) == (order.channel in (text, "x"))
    assert holds("first = true", order) == order.first
    assert holds(f"note != {quoted(text)}", order) == (order.note is not None and order.note != text)
    assert holds("", order)


@settings(deadline=None)
@given(orders, st.integers(0, 9), st.integers(0, 9))
def test_and_binds_tighter_than_or_and_not_tightest(order: Order, one: int, other: int) -> None:
    a, b, c = f"total_minor > {one}", f"total_minor < {other}", "first = true"
    at, bt, ct = order.total_minor > one, order.total_minor < other, order.first
    assert holds(f"{a} or {b} and {c}", order) == (at or (bt and ct))
    assert holds(f"({a} or {b}) and {c}", order) == ((at or bt) and ct)
    assert holds(f"not {a} and not ({b} or {c})", order) == (not at and not (bt or ct))


@settings(deadline=None)
@given(st.text(max_size=200) | st.text("()andornt='\"<>, 1", max_size=60))
def test_whatever_is_said_is_a_filter_or_is_refused(text: str) -> None:
    try:
        found = read(text)
    except BadFilter:
        return
    list(problems(found, SHAPES))
    passes(found, Order("a", 1))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nothing = 1", "none of the events has a field nothing"), ("channel = 1", "channel is a text, not a number"),
        ("total_minor = 'a'", "total_minor is a number, not a text"), ("first > true", "neither is greater"),
    ],
)  # fmt: skip
def test_a_filter_is_checked_against_the_events(text: str, says: str) -> None:
    assert says in "; ".join(problems(read(text), SHAPES))
    assert list(problems(read("channel = 'a' and total_minor > 1 and first = true and note = 'x'"), SHAPES)) == []


@pytest.mark.parametrize(
    "text",
    [
        "=", "channel", "channel =", "channel = 'a", "channel = 'a' and", "(channel = 'a'", "channel in ()", "1 = 1",
        "channel = 'a' channel = 'b'", "not", "a = 99999999999999999999", "a = b", "(" * 500, "not " * 240 + "a = 1",
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_where(text: str) -> None:
    with pytest.raises(BadFilter):
        read(text)


names = st.text("abcdef", min_size=1, max_size=6).map("f_{}".format)


@settings(deadline=None)
@given(st.dictionaries(names, st.sampled_from([str, int, bool, float]), min_size=1, max_size=5))
def test_the_fields_of_an_event_are_known_by_their_kinds(shape: dict[str, Any]) -> None:
    made = defstruct("Made", list(shape.items()))
    kinds = {str: "text", int: "number", float: "number", bool: "truth"}
    assert filters.fields(made) == {name: kinds[kind] for name, kind in shape.items()}
    hidden = next(iter(shape))
    assert hidden not in filters.fields(made, (hidden,))
