"""The decisions at the gate, for any input."""

import unicodedata
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rynek.kernel.faults import Invalid
from rynek.security import rules

SECRET = st.binary(min_size=16, max_size=64)
TEXTS = st.text(min_size=1, max_size=40)
INSTANTS = st.integers(1_600_000_000, 2**36).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
PRINTS = st.lists(st.binary(min_size=8, max_size=8), unique=True, max_size=12)


@given(SECRET, TEXTS, TEXTS)
def test_keys_of_two_purposes_differ(secret: bytes, one: str, other: str) -> None:
    assert (rules.key(secret, one) == rules.key(secret, other)) == (one == other)
    assert len(rules.key(secret, one)) == 32


@given(st.sampled_from(["rg", "rs"]), st.binary(max_size=64), SECRET)
def test_a_signed_token_opens_to_what_was_signed(prefix: str, payload: bytes, secret: bytes) -> None:
    key = rules.key(secret, "tokens")
    assert rules.opened(rules.sign(prefix, payload, key), key) == (prefix, payload)


@given(st.binary(min_size=1, max_size=40), SECRET, st.data())
def test_a_token_with_one_letter_changed_does_not_open(payload: bytes, secret: bytes, data: st.DataObject) -> None:
    key = rules.key(secret, "tokens")
    token = rules.sign("rs", payload, key)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters().filter(lambda each: each != token[place]))
    assert rules.opened(token[:place] + letter + token[place + 1 :], key) is None


@given(st.text(max_size=80), SECRET)
def test_any_other_text_does_not_open(text: str, secret: bytes) -> None:
    assert rules.opened(text, rules.key(secret, "tokens")) is None


@given(st.binary(min_size=16, max_size=16), INSTANTS, SECRET)
def test_a_guest_token_tells_who_and_until_when(guest: bytes, until: datetime, secret: bytes) -> None:
    key = rules.key(secret, "tokens")
    opened = rules.opened(rules.guest_token(guest, until, key), key)
    assert opened is not None
    assert opened[0] == "rg"
    assert rules.guest(opened[1]) == (guest, until)


@given(TEXTS, TEXTS)
def test_token_prints_differ_with_their_tokens(one: str, other: str) -> None:
    assert (rules.token_print(one) == rules.token_print(other)) == (one == other)


@given(st.from_regex(r"[a-z]{1,8}=[a-zA-Z0-9]{0,9}", fullmatch=True).map(str), st.integers(0, 2))
def test_the_session_is_found_among_other_cookies(other: str, place: int) -> None:
    parts = [other, other]
    parts.insert(place, f"{rules.COOKIE}=rs_abc-_9")
    assert rules.cookie_token("; ".join(parts)) == "rs_abc-_9"
    assert rules.cookie_token(other) is None


@pytest.mark.parametrize(
    ("fetch_site", "origin", "host", "same"),
    [
        ("same-origin", None, None, True),
        ("same-site", None, None, False),
        ("cross-site", "https://shop.example", "shop.example", False),
        ("none", None, None, False),
        (None, "https://shop.example", "shop.example", True),
        (None, "http://127.0.0.1:8000", "127.0.0.1:8000", True),
        (None, "https://evil.example", "shop.example", False),
        (None, "https://shop.example.evil.example", "shop.example", False),
        (None, "null", "shop.example", False),
        (None, "https://[", "shop.example", False),
        (None, None, "shop.example", False),
        (None, "https://shop.example", None, False),
    ],
)
def test_only_pages_of_the_shop_are_of_the_same_origin(
    fetch_site: str | None, origin: str | None, host: str | None, *, same: bool
) -> None:
    assert rules.same_origin(fetch_site, origin, host) is same


@given(st.none() | st.text(max_size=20), st.none() | st.text(max_size=40), st.none() | st.text(max_size=20))
def test_origins_of_any_form_are_judged_without_an_error(
    fetch_site: str | None, origin: str | None, host: str | None
) -> None:
    assert rules.same_origin(fetch_site, origin, host) in (True, False)


@given(st.sampled_from(["localhost", "127.0.0.1", "[::1]"]), st.none() | st.integers(1, 65535))
def test_the_cookie_is_for_https_unless_on_the_developers_machine(host: str, port: int | None) -> None:
    at = f":{port}" if port else ""
    assert not rules.secure_cookie(host + at)
    assert rules.secure_cookie("shop.example" + at)
    assert rules.secure_cookie(None)
    assert "; Secure" in rules.cookie("rs_a", 60, "shop.example" + at)
    assert "; Secure" not in rules.cookie("rs_a", 60, host + at)


def test_a_cookie_is_out_of_reach_of_scripts_and_other_sites() -> None:
    assert rules.cookie("rs_a", 60, "localhost") == "rynek_session=rs_a; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"
    assert rules.cookie("", 60, "localhost") == "rynek_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"


@given(st.emails() | st.tuples(TEXTS, TEXTS).map("@".join) | st.text(max_size=30))
def test_an_email_is_written_one_way(text: str) -> None:
    try:
        plain = rules.email(text)
    except Invalid:
        return
    assert rules.email(plain) == rules.email(f"  {text} ") == plain
    assert plain == unicodedata.normalize("NFKC", plain)
    assert plain.count("@") == 1


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (" Anna.Nowak@Example.PL\n", "anna.nowak@example.pl"),
        ("a+b@x.example", "a+b@x.example"),
        ("ŻÓŁĆ@przykład.pl", "żółć@przykład.pl"),
    ],
)
def test_emails_that_are_taken(text: str, plain: str) -> None:
    assert rules.email(text) == plain


@pytest.mark.parametrize("text", ["", "@", "a@", "@b", "a b@c.d", "a@b@c", "a@b,c", "a@.b", "a@b..c", "<a@b.c>", "a"])
def test_texts_that_are_no_email(text: str) -> None:
    with pytest.raises(Invalid):
        rules.email(text)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2:ffff::]", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix", "unix"),
    ],
)
def test_addresses_of_one_household_count_together(address: str, network: str) -> None:
    assert rules.network(address) == network


@given(st.integers(1, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_the_lower_half_of_an_address_changes_nothing(upper: int, one: int, other: int) -> None:
    addresses = [str(IPv6Address(upper << 64 | lower)) for lower in (one, other)]
    assert rules.network(addresses[0]) == rules.network(addresses[1])


@given(st.integers(1, 1000), st.lists(st.floats(0, 0.5), min_size=1, max_size=200))
def test_no_second_lets_in_more_than_a_full_bucket_and_a_refill(rate: int, pauses: list[float]) -> None:
    now, free_at, let_in = 1000.0, 0.0, []
    for pause in pauses:
        now += pause
        after, early = rules.paced(free_at, now, 1 / rate)
        assert (after == free_at) == bool(early)
        free_at = after
        if not early:
            let_in.append(now)
    for start in let_in:
        assert sum(start <= at < start + 1 for at in let_in) <= 2 * rate


@given(st.integers(1, 500))
def test_a_new_caller_gets_a_burst_and_waits_the_told_time(rate: int) -> None:
    free_at = 0.0
    for _ in range(rate):
        free_at, early = rules.paced(free_at, 50.0, 1 / rate)
        assert early == 0.0
    same, early = rules.paced(free_at, 50.0, 1 / rate)
    assert same == free_at
    assert 0 < early <= 1 / rate + 1e-9
    assert rules.paced(free_at, 50.0 + early, 1 / rate)[1] == 0.0


@given(st.integers(0, 300), st.integers(0, 300))
def test_logins_are_throttled_by_account_and_by_address(account: int, address: int) -> None:
    assert rules.throttled(account, address) == (account > 10 or address > 100)


@given(st.binary(min_size=7, max_size=7))
def test_a_till_code_can_be_read_out_and_typed(noise: bytes) -> None:
    code = rules.till_code(noise)
    assert len(code) == 11
    assert not set(code) & set("ILOU")
    assert rules.typed_code(code) == code
    sloppy = " ".join(code.lower().replace("-", "")).replace("0", "o").replace("1", "l")
    assert rules.typed_code(sloppy) == code


@given(st.integers(0, 2**63), st.integers(0, 2**59))
def test_a_position_is_read_as_it_is_written(xid: int, seq: int) -> None:
    assert rules.position(f"{xid}-{seq}") == (str(xid), seq)


@pytest.mark.parametrize("text", ["", "1", "-", "1-", "a-b", "1-2-3", "-1-2", "1-9999999999999999999"])
def test_other_texts_are_no_position(text: str) -> None:
    with pytest.raises(Invalid):
        rules.position(text)


@given(st.binary(max_size=32), st.integers(1, 9), st.integers(0, 9), st.binary(min_size=1), st.binary(min_size=1))
def test_the_root_of_a_stretch_hangs_on_all_that_is_in_it(
    before: bytes, number: int, lines: int, content: bytes, prints: bytes
) -> None:
    root = rules.root(before, number, ("7", 8), lines, (content, prints))
    others = [
        rules.root(before + b"x", number, ("7", 8), lines, (content, prints)),
        rules.root(before, number + 1, ("7", 8), lines, (content, prints)),
        rules.root(before, number, ("78", 8), lines, (content, prints)),
        rules.root(before, number, ("7", 9), lines, (content, prints)),
        rules.root(before, number, ("7", 8), lines + 1, (content, prints)),
        rules.root(before, number, ("7", 8), lines, (content + b"x", prints)),
        rules.root(before, number, ("7", 8), lines, (content, prints + b"x")),
    ]
    assert root not in others
    assert len(set(others)) == len(others)


def _found(prints: list[bytes]) -> list[tuple[str, bytes]]:
    return [(f"9-{place}", each) for place, each in enumerate(prints)]


@given(PRINTS)
def test_a_stretch_that_is_as_it_was_sealed_says_nothing(prints: list[bytes]) -> None:
    assert rules.compared(prints, _found(prints)) == []


@given(PRINTS.filter(bool), st.data())
def test_one_edited_line_is_named(prints: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(prints) - 1))
    changed = [*prints[:place], b"edited", *prints[place + 1 :]]
    assert rules.compared(prints, _found(changed)) == [("edited", f"9-{place}")]


@given(PRINTS.filter(bool), st.data())
def test_one_removed_line_is_placed(prints: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(prints) - 1))
    after = f"after 9-{place - 1}" if place else "at its beginning"
    said = [("removed", f"line {place + 1} of the stretch, {after}")]
    assert rules.compared(prints, _found(prints[:place] + prints[place + 1 :])) == said


@given(PRINTS, st.data())
def test_one_inserted_line_is_named(prints: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(prints)))
    assert rules.compared(prints, _found([*prints[:place], b"new", *prints[place:]])) == [("inserted", f"9-{place}")]


@given(PRINTS.filter(lambda each: len(each) > 1), st.data())
def test_lines_in_another_order_are_called_reordered(prints: list[bytes], data: st.DataObject) -> None:
    mixed = data.draw(st.permutations(prints))
    said = rules.compared(prints, _found(mixed))
    assert {kind for kind, _ in said} == (set() if mixed == prints else {"reordered"})


@given(PRINTS, PRINTS)
def test_any_difference_says_something(sealed: list[bytes], now: list[bytes]) -> None:
    said = rules.compared(sealed, _found(now))
    assert bool(said) == (sealed != now)
    grown = sum(kind == "inserted" for kind, _ in said) - sum(kind == "removed" for kind, _ in said)
    assert grown == len(now) - len(sealed)


def test_a_day_has_no_room_for_a_third_window() -> None:
    """Ten tries in a quarter of an hour: a thief of one account gets under a thousand a day."""
    assert rules.ACCOUNT_TRIES * (timedelta(days=1) // timedelta(minutes=15)) < 1000
