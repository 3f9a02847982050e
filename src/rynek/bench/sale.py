"""``rynek bench sale``: how many orders a second, with everything on, against the database doing nothing but write them.

One fresh shop on one machine, load included; 64 buyers over HTTP. First ``pgbench`` with 32 clients places prepared carts,
one transaction each through one prepared function that writes the same rows. Then buyers place carts of the same kind
through the door. Then they buy from nothing: a cart with three lines, an address and delivery (1), placed and paid (2).
"""

import argparse
import itertools
import re
import subprocess
from collections.abc import Sequence
from random import Random
from uuid import UUID

import msgspec

from rynek.bench.load import Script, drive, line
from rynek.bench.stall import COURIER, KEEPER, WAREHOUSE, Stand, opened
from rynek.bench.wire import request
from rynek.commerce.checkout import Address, Body, Cart, Placed
from rynek.commerce.inventory import Pick
from rynek.commerce.inventory.events import StockHeld
from rynek.commerce.orders.events import Item, OrderPlaced
from rynek.commerce.payments.events import PaymentAuthorised
from rynek.kernel.actor import SYSTEM, Actor
from rynek.kernel.postgres import binaries

BUYERS = 64
TEMPLATES = 256
HOME = Address("Ola Nowak", "Rynek Główny 1", "Kraków", "31-042", "PL", "+48 600 000 000")

# What one order writes, by one function call: the same rows in the same tables as the door writes.
_PGBENCH = f"""
create schema bench;
create table bench.template (
    t int primary key, skus text[], units bigint[], lines smallint[], names text[], prices bigint[], nets bigint[],
    taxes bigint[], grosses bigint[], rates int[], delivery bigint, tax bigint, total bigint, body text, held text, placed text,
    authorised text, answer text);
create table bench.prepared (n bigint primary key, cart uuid, owner uuid, t int);
create sequence bench.turn;
create function bench.place(turn bigint) returns bigint language plpgsql as $$
declare
    p bench.prepared; t bench.template; c commerce.cart; o uuid := uuidv7(); y uuid := uuidv7(); placed bigint;
begin
    select * into p from bench.prepared where n = turn;
    select * into t from bench.template where template.t = p.t;
    select * into c from commerce.cart where id = p.cart for update;
    if exists (select from commerce.sales_order where cart_id = p.cart) then raise 'placed twice'; end if;
    perform from commerce.level where sku = any(t.skus) and location = '{WAREHOUSE}' order by sku for update;
    with h as (
        insert into commerce.hold (holder, sku, location, units)
        select o, s, '{WAREHOUSE}', u from unnest(t.skus, t.units) as n (s, u))
    update commerce.level l set held = l.held + n.u from unnest(t.skus, t.units) as n (s, u)
    where l.sku = n.s and l.location = '{WAREHOUSE}';
    with l as (
        insert into commerce.order_line (order_id, line, sku, name, quantity, unit_minor, net_minor, tax_minor,
            gross_minor, rate_bp)
        select o, * from unnest(t.lines, t.skus, t.names, t.units, t.prices, t.nets, t.taxes, t.grosses, t.rates))
    insert into commerce.sales_order (id, cart_id, channel, owner_kind, owner, email, currency, state, delivery_minor,
        tax_minor, total_minor, authorised_minor, captured_minor, agreed, placed_at)
    values (o, p.cart, c.channel, 'guest', p.owner, 'ola@example.com', 'PLN', 'open', t.delivery, t.tax, t.total, t.total,
        0, t.body::json, now()) returning number into placed;
    with e as (
        insert into commerce.payment_entry (payment, attempt, kind, minor, at)
        values (y, 'opening', 'authorised', t.total, now()))
    insert into commerce.payment (id, order_id, provider, method, currency, amount_minor, authorised_minor,
        captured_minor, at)
    values (y, o, 'manual', 'cash-on-delivery', 'PLN', t.total, t.total, 0, now());
    insert into kernel.event (type, key, at, data) values
        ('inventory.stock-held', o, now(), t.held::json), ('orders.order-placed', o, now(), t.placed::json),
        ('payments.payment-authorised', o, now(), t.authorised::json);
    insert into kernel.answer (key, fingerprint, status, body)
    values (uuid_send(y), uuid_send(o), 200, convert_to(t.answer, 'utf8'));
    insert into security.audit (at, kind, actor, operation, target, digest)
    values (now(), 'guest', p.owner, 'commerce.checkout.place', p.cart, uuid_send(y));
    return placed;
end $$;
"""


async def main(args: argparse.Namespace) -> int:
    """Measure, check and print; gives 1 when an order, a unit or a grosz is not where it has to be."""
    async with opened(1_000, 10_000_000) as stand:
        await _templates(stand)
        guests = await _guests(stand)
        _store(stand, args.stored)
        first, many = args.stored + 1, int(args.seconds * 12_000)
        _prepare(stand, first, 2 * many)
        by_pgbench = _pgbench(stand, args.seconds)
        carts = _carts(stand, first + many)
        before = stand.server.usage()
        placers = [_placer(token, carts[guest]) for guest, token in guests]
        placing = await drive(stand.server.address, placers, seconds=args.seconds)
        after = stand.server.usage()
        buying = await drive(stand.server.address, [_buyer(n) for n in range(BUYERS)], seconds=args.seconds)
        placed, bought = placing.statuses.get(200, 0), buying.labels["place"].answers
        amiss = await _amiss(stand, args.stored + by_pgbench[0] + placed + bought)
        print(
            f"statuses: placing {placing.statuses}, purchases {buying.statuses}; errors {placing.errors | buying.errors}"
        )
        print(
            f"CPU per placed order: server with database {(after.cpu_s - before.cpu_s) / max(placed, 1) * 1e6:.0f} µs,"
            f" load {placing.cpu_s / max(placed, 1) * 1e6:.0f} µs; purchase p99 {buying.overall.p99_ms:.1f} ms a request"
        )
        print(await _batches(stand))
        for each in amiss:
            print(f"BROKEN: {each}")
        per_s = placed / placing.seconds
        figures = {
            "placed_per_s": per_s,
            "p99_ms": placing.overall.p99_ms,
            "pgbench_per_s": by_pgbench[1],
            "ratio": f"{per_s / by_pgbench[1]:.2f}",
            "purchases_per_s": bought / buying.seconds,
            "requests_per_purchase": f"{buying.overall.answers / max(bought, 1):.2f}",
            "stored": args.stored,
        }
        print(line("sale", **figures))
        return 1 if amiss or set(placing.statuses) | set(buying.statuses) != {200} else 0


# --- preparing --------------------------------------------------------------------------------------------------------


async def _templates(stand: Stand) -> None:
    """Make carts as buyers do; what is placed later are copies of these."""
    chance = Random(7)
    guest = Actor("guest", UUID(int=1))
    carts = []
    for _ in range(TEMPLATES):
        lines = [{"sku": sku, "quantity": chance.randint(1, 3)} for sku in sorted(chance.sample(stand.stall.skus, 3))]
        carts.append(
            await stand.app.door.ask(
                guest, "commerce.checkout.open_cart", channel=stand.stall.channel, lines=lines, email="ola@example.com", address=HOME,
                delivery=COURIER,
            )
        )  # fmt: skip
    _sql(stand, _PGBENCH + _template_rows(carts))


def _template_rows(carts: Sequence[Cart]) -> str:
    rows = []
    for number, cart in enumerate(carts):
        priced, some, guest = cart.priced, cart.id, UUID(int=1)
        facts = [(e.sku, e.quantity, e.name, e.unit_minor, e.net, e.tax, e.gross, e.rate_bp) for e in priced.lines]
        skus, units, names, prices, nets, taxes, grosses, rates = zip(*facts, strict=True)
        columns = [skus, units, range(1, len(skus) + 1), names, prices, nets, taxes, grosses, rates]
        arrays = ", ".join("'" + _array(column) + "'" for column in columns)
        items = [Item(e.sku, e.quantity, e.gross) for e in priced.lines]
        texts = (
            Body(cart.terms, priced),
            StockHeld(some, [Pick(e.sku, WAREHOUSE, e.quantity) for e in priced.lines]),
            OrderPlaced(some, number, some, "WEB-PL", "guest", guest, "PLN", priced.total, priced.tax, items),
            PaymentAuthorised(some, some, "manual", "cash-on-delivery", "PLN", priced.total),
            Placed(some, number, "open", "PLN", priced.total),
        )
        written = ", ".join(f"$x${msgspec.json.encode(each).decode()}$x$" for each in texts)
        delivery = priced.delivery_line.gross if priced.delivery_line else 0
        rows.append(f"({number}, {arrays}, {delivery}, {priced.tax}, {priced.total}, {written})")
    return "insert into bench.template values\n" + ",\n".join(rows) + ";\n"


def _array(values: Sequence[object]) -> str:
    return "{" + ",".join(f'"{value}"' for value in values) + "}"


def _sql(stand: Stand, text: str) -> str:
    return stand.cluster.run_tool("psql", "-qXAt", "-v", "ON_ERROR_STOP=1", stdin=text)


def _prepare(stand: Stand, first: int, count: int) -> None:
    """Write carts like the templates, numbered from ``first``, in turn of one guest each."""
    _sql(stand, f"""
        with n as materialized (
            select s.n, uuidv7() as id, s.n % {TEMPLATES} as t, g.id as owner
            from generate_series({first}, {first + count - 1}) as s (n) join bench.guest g on g.n = s.n % {BUYERS}
        ), c as (
            insert into commerce.cart (id, owner_kind, owner, channel, good_until, changed_at, body)
            select n.id, 'guest', n.owner, '{stand.stall.channel}', now() + interval '1 hour', now(), body::json
            from n join bench.template using (t)
        )
        insert into bench.prepared (n, cart, owner, t) select n, id, owner, t from n;
        select setval('bench.turn', {first}, false);
        vacuum analyze bench.prepared, commerce.cart;
        checkpoint""")  # fmt: skip


async def _guests(stand: Stand) -> list[tuple[UUID, str]]:
    """Let buyers come in; gives who each is and the token that proves it."""
    welcomed = [stand.app.gate.welcome() for _ in range(BUYERS)]
    rows = ", ".join(f"({n}, '{actor.id}')" for n, (actor, _) in enumerate(welcomed))
    _sql(stand, f"create table bench.guest (n int primary key, id uuid); insert into bench.guest values {rows}")
    return [(actor.id, token) for actor, token in welcomed]


def _carts(stand: Stand, since: int) -> dict[UUID, list[tuple[UUID, int]]]:
    """Read the prepared carts from number ``since`` on: by owner, each with what it costs."""
    found: dict[UUID, list[tuple[UUID, int]]] = {}
    rows = _sql(
        stand, f"select owner, cart, total from bench.prepared join bench.template using (t) where n >= {since}"
    )
    for row in rows.splitlines():
        owner, cart, total = row.split("|")
        found.setdefault(UUID(owner), []).append((UUID(cart), int(total)))
    return found


def _store(stand: Stand, count: int) -> None:
    """Write orders of the past, as many as a shop of years has, with all that belongs to them."""
    for begin in range(1, count + 1, 25_000):
        some = min(25_000, count + 1 - begin)
        _prepare(stand, begin, some)
        _sql(stand, f"select count(bench.place(n)) from bench.prepared where n >= {begin}")
        print(f"\rstored {begin + some - 1} of {count} orders", end="", flush=True)
    print()
    _sql(stand, "vacuum analyze")


# --- measuring --------------------------------------------------------------------------------------------------------


def _pgbench(stand: Stand, seconds: float) -> tuple[int, float]:
    """Let pgbench place carts; gives how many it placed, and how many a second."""
    script = "select bench.place(nextval('bench.turn'));\n"
    done = subprocess.run(
        [binaries() / "pgbench", "-n", "-c", "32", "-j", "2", "-T", str(int(seconds)), "-M", "prepared", "-f", "-"],
        env=stand.cluster.environment(), input=script, capture_output=True, text=True, check=True,
    )  # fmt: skip
    transactions = re.search(r"transactions actually processed: (\d+)", done.stdout)
    per_s = re.search(r"tps = ([\d.]+)", done.stdout)
    assert transactions  # noqa: S101 - pgbench ended well
    assert per_s  # noqa: S101 - pgbench ended well
    return int(transactions[1]), float(per_s[1])


def _placer(token: str, carts: Sequence[tuple[UUID, int]]) -> Script:
    headers = {"authorization": f"Bearer {token}"}
    for cart, total in carts:
        body = b'{"tenders":[{"method":"cash-on-delivery","amount_minor":%d}]}' % total
        yield request("POST", f"/checkout/carts/{cart}/order", body, headers | {"idempotency-key": str(cart)})


def _buyer(number: int) -> Script:
    chance = Random(number)
    for turn in itertools.count():
        lines = [{"sku": f"ITEM-{item:05d}", "quantity": 1} for item in chance.sample(range(1_000), 3)]
        said = {"channel": "WEB-PL", "lines": lines, "email": "ola@example.com", "address": HOME, "delivery": COURIER}
        answer = yield "cart", request("POST", "/checkout/carts", msgspec.json.encode(said))
        cart = msgspec.json.decode(answer.body)
        headers = {"authorization": f"Bearer {answer.header('rynek-session')}", "idempotency-key": f"{number}-{turn}"}
        tenders = [{"method": "cash-on-delivery", "amount_minor": cart["priced"]["total"]}]
        body = msgspec.json.encode({"tenders": tenders})
        yield "place", request("POST", f"/checkout/carts/{cart['id']}/order", body, headers)


async def _batches(stand: Stand) -> str:
    """Tell how many orders shared a transaction, from the server's own figures."""
    answers: list[str] = []

    def look() -> Script:
        answer = yield request("GET", "/metrics")
        answers.append(answer.body.decode())

    await drive(stand.server.address, [look()])
    found = re.findall(r'rynek_batch_size_(sum|count)\{action="([\w.]+)"\} ([\d.]+)', answers[0])
    sums = {(action, what): float(value) for what, action, value in found}
    return "orders a transaction: " + ", ".join(
        f"{action} {total / sums[action, 'count']:.1f}" for (action, what), total in sums.items() if what == "sum"
    )


# --- checking ---------------------------------------------------------------------------------------------------------


async def _amiss(stand: Stand, orders: int) -> list[str]:
    """Look for what must never be: a lost or doubled order, a unit or a grosz that is not accounted for."""
    async with stand.app.database.transaction("commerce", SYSTEM) as tx:
        counted = await tx.row("""
            select (select count(*) from commerce.sales_order), (select count(distinct cart_id) from commerce.sales_order),
                (select sum(quantity) from commerce.order_line), (select sum(held) from commerce.level),
                (select sum(total_minor) from commerce.sales_order), (select sum(authorised_minor) from commerce.payment),
                (select sum(minor) from commerce.payment_entry where kind = 'authorised'),
                (select sum(gross_minor) from commerce.order_line)
                    + (select sum(delivery_minor) from commerce.sales_order)""")  # fmt: skip
    damaged = await stand.app.door.ask(KEEPER, "commerce.inventory.unbalanced")
    placed, carts, units, held, total, authorised, entered, lines = counted
    found = [f"{orders} orders were acknowledged, {placed} are stored"] if placed != orders else []
    found += [f"{placed} orders for {carts} carts"] if placed != carts else []
    found += [f"{units} units were sold, {held} are held"] if units != held else []
    if len({total, authorised, entered, lines}) != 1:
        found.append(f"orders {total}, payments {authorised}, ledger {entered}, lines {lines}")
    return found + [f"level {each.sku} at {each.location} is not the sum of its books" for each in damaged]
