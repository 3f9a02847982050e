"""Carts that are ready to be placed, by the hundred thousand: copies of carts that buyers opened."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from rynek.bench.load import Script
from rynek.bench.stall import COURIER, WAREHOUSE, Stand
from rynek.bench.wire import request
from rynek.commerce.checkout import Address, Body, Cart, Placed
from rynek.commerce.inventory import Pick
from rynek.commerce.inventory.events import StockHeld
from rynek.commerce.orders.events import Item, OrderPlaced
from rynek.commerce.payments.events import PaymentAuthorised
from rynek.kernel.actor import Actor

BUYERS = 64
HOME = Address("Ola Nowak", "Rynek Główny 1", "Kraków", "31-042", "PL", "+48 600 000 000")

Lines = Sequence[tuple[str, int]]
Ready = dict[UUID, list[tuple[UUID, int]]]
"""By owner: carts, each with what it costs."""

# What one order writes, by one function call: the same rows in the same tables as the door writes.
_PGBENCH = f"""
create schema bench;
create table bench.template (
    t int primary key, skus text[], units bigint[], lines smallint[], names text[], prices bigint[], nets bigint[],
    taxes bigint[], grosses bigint[], rates int[], delivery bigint, tax bigint, total bigint, body text,
    held text, placed text, authorised text, answer text);
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
    values (o, p.cart, c.channel, 'guest', p.owner, 'ola@example.com', 'PLN', 'open', t.delivery, t.tax, t.total,
        t.total, 0, t.body::json, now()) returning number into placed;
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


async def templates(stand: Stand, wishes: Sequence[Lines], begin: int = 0) -> None:
    """Make carts as buyers do, numbered from ``begin``; what is placed later are copies of these."""
    guest = Actor("guest", UUID(int=1))
    carts = []
    for wish in wishes:
        lines = [{"sku": sku, "quantity": quantity} for sku, quantity in wish]
        carts.append(
            await stand.app.door.ask(
                guest, "commerce.checkout.open_cart", channel=stand.stall.channel, lines=lines, email="ola@example.com",
                address=HOME, delivery=COURIER,
            )
        )  # fmt: skip
    sql(stand, (_PGBENCH if begin == 0 else "") + _template_rows(carts, begin))


def _template_rows(carts: Sequence[Cart], begin: int) -> str:
    rows = []
    for number, cart in enumerate(carts, begin):
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


def sql(stand: Stand, text: str) -> str:
    """Run statements as the owner of the database; gives what they printed."""
    return stand.cluster.run_tool("psql", "-qXAt", "-v", "ON_ERROR_STOP=1", stdin=text)


def prepare(stand: Stand, first: int, count: int, of: tuple[int, int]) -> None:
    """Write carts numbered from ``first``, like templates ``of[0]`` to before ``of[1]``, in turn for each guest."""
    sql(stand, f"""
        with n as materialized (
            select s.n, uuidv7() as id, {of[0]} + s.n % {of[1] - of[0]} as t, g.id as owner
            from generate_series({first}, {first + count - 1}) as s (n) join bench.guest g on g.n = s.n % {BUYERS}
        ), c as (
            insert into commerce.cart (id, owner_kind, owner, channel, good_until, changed_at, body)
            select n.id, 'guest', n.owner, '{stand.stall.channel}', now() + interval '1 hour', now(), body::json
            from n join bench.template using (t)
        )
        insert into bench.prepared (n, cart, owner, t) select n, id, owner, t from n;
        select setval('bench.turn', {first}, false)""")  # fmt: skip


def settle(stand: Stand) -> None:
    """Bring the database to rest, as it is in a shop's quiet hour."""
    sql(stand, "vacuum analyze; checkpoint")


def guests(stand: Stand) -> list[tuple[UUID, str]]:
    """Let buyers come in; gives who each is and the token that proves it."""
    welcomed = [stand.app.gate.welcome() for _ in range(BUYERS)]
    rows = ", ".join(f"({n}, '{actor.id}')" for n, (actor, _) in enumerate(welcomed))
    sql(stand, f"create table bench.guest (n int primary key, id uuid); insert into bench.guest values {rows}")
    return [(actor.id, token) for actor, token in welcomed]


def ready(stand: Stand, since: int) -> Ready:
    """Read the prepared carts from number ``since`` on: by owner, each with what it costs."""
    found: Ready = {}
    rows = sql(stand, f"select owner, cart, total from bench.prepared join bench.template using (t) where n >= {since}")
    for row in rows.splitlines():
        owner, cart, total = row.split("|")
        found.setdefault(UUID(owner), []).append((UUID(cart), int(total)))
    return found


_STORE = """
with p as materialized (
    select p.cart, p.owner, uuidv7() as o, uuidv7() as y, t.* from bench.prepared p join bench.template t using (t)
    where p.n >= {first}
), l as (
    insert into commerce.order_line (order_id, line, sku, name, quantity, unit_minor, net_minor, tax_minor, gross_minor,
        rate_bp)
    select o, u.* from p, unnest(lines, skus, names, units, prices, nets, taxes, grosses, rates) as u
), h as (
    insert into commerce.hold (holder, sku, location, units) select o, u.s, '{warehouse}', u.n
    from p, unnest(skus, units) as u (s, n) returning sku, units
), v as (
    update commerce.level l set held = l.held + g.units
    from (select sku, sum(units)::bigint as units from h group by sku) g
    where l.sku = g.sku and l.location = '{warehouse}'
), s as (
    insert into commerce.sales_order (id, cart_id, channel, owner_kind, owner, email, currency, state, delivery_minor,
        tax_minor, total_minor, authorised_minor, captured_minor, agreed, placed_at)
    select o, cart, '{channel}', 'guest', owner, 'ola@example.com', 'PLN', 'open', delivery, tax, total, total, 0,
        body::json, now() from p
), e as (
    insert into commerce.payment_entry (payment, attempt, kind, minor, at)
    select y, 'opening', 'authorised', total, now() from p
), y as (
    insert into commerce.payment (id, order_id, provider, method, currency, amount_minor, authorised_minor,
        captured_minor, at)
    select y, o, 'manual', 'cash-on-delivery', 'PLN', total, total, 0, now() from p
), k as (
    insert into kernel.event (type, key, at, data)
    select x.type, o, now(), x.data::json from p, lateral (values ('inventory.stock-held', held),
        ('orders.order-placed', placed), ('payments.payment-authorised', authorised)) as x (type, data)
), a as (
    insert into kernel.answer (key, fingerprint, status, body)
    select uuid_send(y), uuid_send(o), 200, convert_to(answer, 'utf8') from p
)
insert into security.audit (at, kind, actor, operation, target, digest)
select now(), 'guest', owner, 'commerce.checkout.place', cart, uuid_send(y) from p"""


def store(stand: Stand, count: int, of: tuple[int, int]) -> None:
    """Write orders of the past, as many as a shop of years has, with all that belongs to them."""
    for begin in range(1, count + 1, 50_000):
        some = min(50_000, count + 1 - begin)
        prepare(stand, begin, some, of)
        sql(stand, _STORE.format(first=begin, warehouse=WAREHOUSE, channel=stand.stall.channel))
        print(f"\rstored {begin + some - 1:,} of {count:,} orders", end="", flush=True)
    if count:
        print()


def placer(token: str, carts: Sequence[tuple[UUID, int]]) -> Script:
    """Let a buyer place carts, each with its own key."""
    headers = {"authorization": f"Bearer {token}"}
    for cart, total in carts:
        body = b'{"tenders":[{"method":"cash-on-delivery","amount_minor":%d}]}' % total
        yield request("POST", f"/checkout/carts/{cart}/order", body, headers | {"idempotency-key": str(cart)})
