-- name: place(ids: uuid[], carts: uuid[], channels: text[], owner_kinds: text[], owners: uuid[], emails: text[], currencies: text[], states: text[], deliveries: bigint[], taxes: bigint[], totals: bigint[], authorised: bigint[], captured: bigint[], agreed: text[], at: timestamptz, line_orders: uuid[], lines: smallint[], skus: text[], names: text[], quantities: bigint[], units: bigint[], nets: bigint[], line_taxes: bigint[], grosses: bigint[], rates: int[], discounts: bigint[]) -> Numbered[]
-- Write orders and their lines.
with l as (
    insert into commerce.order_line
        (order_id, line, sku, name, quantity, unit_minor, net_minor, tax_minor, gross_minor, rate_bp, discount_minor)
    select * from unnest(:line_orders, :lines, :skus, :names, :quantities, :units, :nets, :line_taxes, :grosses, :rates,
        :discounts)
)
insert into commerce.sales_order (id, cart_id, channel, owner_kind, owner, email, currency, state, delivery_minor,
    tax_minor, total_minor, authorised_minor, captured_minor, agreed, placed_at)
select i, c, ch, k, o, e, cu, s, d, t, tt, au, ca, a::json, :at
from unnest(:ids, :carts, :channels, :owner_kinds, :owners, :emails, :currencies, :states, :deliveries, :taxes, :totals,
    :authorised, :captured, :agreed) as n (i, c, ch, k, o, e, cu, s, d, t, tt, au, ca, a)
returning id, number

-- name: order(id: uuid) -> Header?
-- An order without its lines.
select id, number, cart_id, channel, owner_kind, owner, email, currency, state, delivery_minor, tax_minor, total_minor,
    authorised_minor, captured_minor, refunded_minor, agreed::text, placed_at, credit_minor
from commerce.sales_order where id = :id

-- name: lines(id: uuid) -> OrderLine[]
-- The lines of an order.
select line, sku, name, quantity, unit_minor, net_minor, tax_minor, gross_minor, rate_bp, returned, discount_minor,
    shipped, cancelled
from commerce.order_line where order_id = :id order by line

-- name: components(id: uuid) -> value
-- What the bundles of an order were made of, as agreed: JSON by sku.
select coalesce(agreed #> '{priced,components}', '{}')::text from commerce.sales_order where id = :id

-- name: history(id: uuid) -> Entry[]
-- What happened to an order since it was placed.
select at, what, note, actor_kind from commerce.order_entry where order_id = :id order by seq

-- name: find(owner: uuid, state: text, email: text, number: bigint, channel: text, before: uuid, limit: int) -> Summary[]
-- Orders, newest first; what is null is not looked at.
select id, number, channel, email, currency, state, total_minor, authorised_minor, captured_minor, refunded_minor, placed_at
from commerce.sales_order
where (:owner is null or owner = :owner) and (:state is null or state = :state)
    and (:email is null or lower(email) = lower(:email)) and (:number is null or number = :number)
    and (:channel is null or channel = :channel) and (:before is null or id < :before)
order by id desc limit :limit

-- name: intake(since: uuid, recent: uuid) -> value
-- What was ordered since an instant (as the first id of it), by currency, by second lately, and what waits. One statement,
-- so one snapshot: a reader of the log that goes on from its position counts nothing twice.
select json_build_object(
    'position', pg_current_snapshot()::text,
    'currencies', coalesce((
        select json_agg(json_build_array(currency, orders, total) order by currency) from (
            select currency, count(*) as orders, sum(total_minor)::bigint as total from commerce.sales_order
            where id >= :since group by currency) as c), '[]'),
    'pace', coalesce((
        select json_agg(json_build_array(second, orders)) from (
            select floor(extract(epoch from placed_at))::bigint as second, count(*) as orders from commerce.sales_order
            where id >= :recent group by 1) as p), '[]'))::text

-- name: waiting(most: int) -> Waiting
-- How many orders wait for their money, and how many of the newest wait to be packed.
select (select count(*) from (select 1 from commerce.sales_order where state = 'awaiting-payment' limit :most) as w),
    (select count(*) filter (where state = 'open') from (select state from commerce.sales_order order by id desc limit :most) as n),
    :most

-- name: lock(id: uuid) -> Balance?
-- Lock an order.
select state, currency, total_minor, authorised_minor, captured_minor, refunded_minor, credit_minor
from commerce.sales_order where id = :id for update

-- name: set_state(id: uuid, state: text)
-- Move an order on.
update commerce.sales_order set state = :state where id = :id

-- name: book(id: uuid, authorised: bigint, captured: bigint, refunded: bigint, at: timestamptz) -> Balance?
-- Move an order's money by what its payments did; one that waited, or was held up, for what is due of it goes on.
with b as (
    update commerce.sales_order set authorised_minor = authorised_minor + :authorised,
        captured_minor = captured_minor + :captured, refunded_minor = refunded_minor + :refunded,
        state = case when state = 'awaiting-payment'
            and authorised_minor + :authorised - refunded_minor - :refunded >= total_minor - credit_minor then 'open' else state end
    where id = :id
    returning id, state, currency, total_minor, authorised_minor, captured_minor, refunded_minor, credit_minor
), lifted as (
    update commerce.order_hold h set lifted_at = :at from b
    where h.order_id = b.id and h.kind = 'payment' and h.lifted_at is null
        and b.authorised_minor - b.refunded_minor >= b.total_minor - b.credit_minor
)
select state, currency, total_minor, authorised_minor, captured_minor, refunded_minor, credit_minor from b

-- name: write(order: uuid, at: timestamptz, what: text, note: text, kind: text, actor: uuid)
-- Write down what happened to an order.
insert into commerce.order_entry (order_id, at, what, note, actor_kind, actor) values (:order, :at, :what, :note, :kind, :actor)

-- name: lock_unpaid(before: timestamptz, limit: int) -> value[]
-- Lock orders that wait for their money since before an instant; those that somebody is at are left for the next time.
select id from commerce.sales_order where state = 'awaiting-payment' and placed_at < :before
order by id limit :limit for update skip locked

-- name: document_return(order: uuid, reference: text, location: text, at: timestamptz) -> value?
-- Take a return in, once.
insert into commerce.order_return (order_id, reference, location, at)
values (:order, :reference, :location, :at) on conflict do nothing returning reference

-- name: take_back(order: uuid, lines: smallint[], units: bigint[]) -> OrderLine[]
-- Count returned units on their lines; the money is what they bring the returned part of the line to, so that parts add up.
update commerce.order_line l set returned = returned + n.units from unnest(:lines, :units) as n (line, units)
where l.order_id = :order and l.line = n.line
returning l.line, sku, name, n.units, unit_minor,
    commerce.share(gross_minor, quantity, returned - n.units, returned) - commerce.share(tax_minor, quantity, returned - n.units, returned),
    commerce.share(tax_minor, quantity, returned - n.units, returned),
    commerce.share(gross_minor, quantity, returned - n.units, returned), rate_bp, returned

-- name: strike(order: uuid, lines: smallint[], units: bigint[]) -> OrderLine[]
-- Give units of lines up that have not left, the last ones first; the money is what they were of the line.
update commerce.order_line l set cancelled = cancelled + n.units from unnest(:lines, :units) as n (line, units)
where l.order_id = :order and l.line = n.line
returning l.line, sku, name, n.units, unit_minor,
    commerce.share(gross_minor, quantity, quantity - cancelled, quantity - cancelled + n.units)
        - commerce.share(tax_minor, quantity, quantity - cancelled, quantity - cancelled + n.units),
    commerce.share(tax_minor, quantity, quantity - cancelled, quantity - cancelled + n.units),
    commerce.share(gross_minor, quantity, quantity - cancelled, quantity - cancelled + n.units), rate_bp, returned

-- name: count_shipped(order: uuid, lines: smallint[], units: bigint[]) -> OrderLine[]
-- Count units on their lines that left; the money is what they bring the shipped part of the line to.
update commerce.order_line l set shipped = shipped + n.units from unnest(:lines, :units) as n (line, units)
where l.order_id = :order and l.line = n.line
returning l.line, sku, name, n.units, unit_minor,
    commerce.share(gross_minor, quantity, shipped - n.units, shipped) - commerce.share(tax_minor, quantity, shipped - n.units, shipped),
    commerce.share(tax_minor, quantity, shipped - n.units, shipped),
    commerce.share(gross_minor, quantity, shipped - n.units, shipped), rate_bp, returned

-- name: left_minor(id: uuid) -> value
-- What the units of an order that have left come to, with its delivery from the first of them on; 0: nothing has left.
select coalesce((select o.delivery_minor + sum(commerce.share(l.gross_minor, l.quantity, 0, l.shipped))
    from commerce.order_line l where l.order_id = o.id having sum(l.shipped) > 0), 0)::bigint
from commerce.sales_order o where o.id = :id

-- name: reprice(id: uuid, total: bigint, tax: bigint, at: timestamptz) -> Balance?
-- Move what an order comes to; one that waited for money, or was held up for it, and has enough by now, goes on.
with p as (
    update commerce.sales_order set total_minor = total_minor + :total, tax_minor = tax_minor + :tax,
        state = case when state = 'awaiting-payment'
            and authorised_minor - refunded_minor >= total_minor + :total - credit_minor then 'open' else state end
    where id = :id
    returning id, state, currency, total_minor, authorised_minor, captured_minor, refunded_minor, credit_minor
), lifted as (
    update commerce.order_hold h set lifted_at = :at from p
    where h.order_id = p.id and h.kind = 'payment' and h.lifted_at is null
        and p.authorised_minor - p.refunded_minor >= p.total_minor - p.credit_minor
)
select state, currency, total_minor, authorised_minor, captured_minor, refunded_minor, credit_minor from p

-- name: redeliver(id: uuid, option: text, line: text, minor: bigint) -> value
-- Say which way an order comes instead, and what that costs; gives what it cost before.
update commerce.sales_order o set delivery_minor = :minor, agreed = jsonb_set(jsonb_set(
    agreed::jsonb, '{terms,delivery}', to_jsonb(:option)), '{priced,delivery_line}', :line::jsonb)::json
from (select delivery_minor as before from commerce.sales_order where id = :id) as b
where id = :id returning b.before

-- name: add_lines(order: uuid, lines: smallint[], skus: text[], names: text[], quantities: bigint[], units: bigint[], nets: bigint[], taxes: bigint[], grosses: bigint[], rates: int[], discounts: bigint[], components: text)
-- Add lines to an order, and what their bundles are made of.
with l as (
    insert into commerce.order_line
        (order_id, line, sku, name, quantity, unit_minor, net_minor, tax_minor, gross_minor, rate_bp, discount_minor)
    select :order, * from unnest(:lines, :skus, :names, :quantities, :units, :nets, :taxes, :grosses, :rates, :discounts)
)
update commerce.sales_order set agreed = case when :components = '{}' then agreed else jsonb_set(
    jsonb_set(agreed::jsonb, '{priced}', coalesce(agreed::jsonb -> 'priced', '{}')), '{priced,components}',
    coalesce(agreed::jsonb #> '{priced,components}', '{}') || :components::jsonb)::json end
where id = :order

-- name: readdress(id: uuid, address: text)
-- Say where an order goes instead.
update commerce.sales_order set agreed = jsonb_set(
    jsonb_set(agreed::jsonb, '{terms}', coalesce(agreed::jsonb -> 'terms', '{}')), '{terms,address}', :address::jsonb)::json
where id = :id

-- name: document_change(order: uuid, reference: text, at: timestamptz) -> value?
-- Take a change in, once.
insert into commerce.order_change (order_id, reference, at) values (:order, :reference, :at)
on conflict do nothing returning reference

-- name: document_shipment(order: uuid, reference: text, goods: text, at: timestamptz) -> value?
-- Take a shipment in, once.
insert into commerce.order_shipment (order_id, reference, goods, at) values (:order, :reference, :goods::json, :at)
on conflict do nothing returning reference

-- name: shipments(order: uuid) -> value
-- What left of an order, in order: JSON.
select coalesce(json_agg(json_build_object('reference', reference, 'at', at, 'goods', goods) order by at, reference), '[]')::text
from commerce.order_shipment where order_id = :order

-- name: credit(order: uuid, reference: text, minor: bigint, why: text, at: timestamptz) -> value?
-- Credit money, once for each number; an order that was held up for its money, and has enough by now, goes on.
with c as (
    insert into commerce.order_credit (order_id, reference, minor, why, at) values (:order, :reference, :minor, :why, :at)
    on conflict do nothing returning order_id, minor
), o as (
    update commerce.sales_order o set credit_minor = credit_minor + c.minor from c where o.id = c.order_id
    returning o.id, o.authorised_minor - o.refunded_minor as promised, o.total_minor - o.credit_minor as due, o.credit_minor
), lifted as (
    update commerce.order_hold h set lifted_at = :at from o
    where h.order_id = o.id and h.kind = 'payment' and h.lifted_at is null and o.promised >= o.due
)
select credit_minor from o

-- name: hold_up(order: uuid, kind: text, reason: text, at: timestamptz) -> value?
-- Hold an order up, once for each kind.
insert into commerce.order_hold (order_id, kind, reason, placed_at) values (:order, :kind, :reason, :at)
on conflict (order_id, kind) where lifted_at is null do nothing returning kind

-- name: lift(order: uuid, kind: text, at: timestamptz) -> value?
-- Say that what held an order up is settled.
update commerce.order_hold set lifted_at = :at where order_id = :order and kind = :kind and lifted_at is null returning kind

-- name: holds(order: uuid) -> HoldUp[]
-- What holds an order up.
select kind, reason, placed_at from commerce.order_hold where order_id = :order and lifted_at is null order by placed_at, kind

-- name: queue(kind: text, after: timestamptz, limit: int) -> Held[]
-- Orders that are held up, oldest first; kind null for all.
select o.id, o.number, o.email, o.currency, o.total_minor, h.kind, h.reason, h.placed_at
from commerce.order_hold h join commerce.sales_order o on o.id = h.order_id
where h.lifted_at is null and (:kind is null or h.kind = :kind) and h.placed_at > :after
order by h.placed_at, h.order_id limit :limit

-- name: hand_over(guest: uuid, customer: uuid)
-- Give a guest's orders to the customer the guest turned out to be.
update commerce.sales_order set owner_kind = 'customer', owner = :customer where owner_kind = 'guest' and owner = :guest

-- name: numbered(numbers: bigint[]) -> Numbered[]
-- The orders of these numbers.
select id, number from commerce.sales_order where number = any(:numbers) order by number

-- name: lock_many(ids: uuid[]) -> Parting[]
-- Lock orders, in the order of their keys, with what holds them up, what they were made of and what has left of them.
select o.id, o.state,
    coalesce((select string_agg(h.kind, ', ' order by h.kind) from commerce.order_hold h
        where h.order_id = o.id and h.lifted_at is null), ''),
    coalesce(o.agreed #> '{priced,components}', '{}')::text,
    coalesce((select json_agg(json_build_object('reference', s.reference, 'at', s.at, 'goods', s.goods))
        from commerce.order_shipment s where s.order_id = o.id), '[]')::text
from commerce.sales_order o where o.id = any(:ids) order by o.id for update of o

-- name: lines_of(orders: uuid[]) -> LineOf[]
-- The lines of orders, as far as they leave.
select order_id, line, sku, quantity, gross_minor, shipped, cancelled from commerce.order_line
where order_id = any(:orders) order by order_id, line

-- name: document_shipments(orders: uuid[], references: text[], goods: text[], at: timestamptz)
-- Take shipments in.
insert into commerce.order_shipment (order_id, reference, goods, at)
select o, r, g::json, :at from unnest(:orders, :references, :goods) as n (o, r, g)

-- name: count_shipped_many(orders: uuid[], lines: smallint[], units: bigint[]) -> Came[]
-- Count units on their lines that left; the money is what they bring the shipped part of the line to.
update commerce.order_line l set shipped = shipped + n.units from unnest(:orders, :lines, :units) as n (order_id, line, units)
where l.order_id = n.order_id and l.line = n.line
returning l.order_id, l.sku, n.units, commerce.share(gross_minor, quantity, shipped - n.units, shipped)

-- name: close_many(ids: uuid[])
-- Say of orders that they are shipped.
update commerce.sales_order set state = 'shipped' where id = any(:ids)

-- name: write_many(orders: uuid[], whats: text[], notes: text[], at: timestamptz, kind: text, actor: uuid)
-- Write down what happened to orders.
insert into commerce.order_entry (order_id, at, what, note, actor_kind, actor)
select o, :at, w, n, :kind, :actor from unnest(:orders, :whats, :notes) as e (o, w, n)

-- name: recalled(sku: text, lot: text, after: bigint, limit: int) -> Recalled[]
-- The orders that units of a lot went out with, by number.
select o.id, o.number, o.channel, (-sum(e.units) filter (where e.units < 0))::bigint,
    coalesce(sum(e.units) filter (where e.units > 0), 0)::bigint, max(e.at), bool_or(e.assumed)
from commerce.lot_entry e join commerce.sales_order o on o.id = e.holder
where e.sku = :sku and e.lot = :lot and o.number > :after group by o.id, o.number, o.channel
having sum(e.units) filter (where e.units < 0) < 0 order by o.number limit :limit
