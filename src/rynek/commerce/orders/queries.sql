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
    authorised_minor, captured_minor, refunded_minor, agreed::text, placed_at
from commerce.sales_order where id = :id

-- name: lines(id: uuid) -> OrderLine[]
-- The lines of an order.
select line, sku, name, quantity, unit_minor, net_minor, tax_minor, gross_minor, rate_bp, returned, discount_minor
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
select state, currency, total_minor, authorised_minor, captured_minor, refunded_minor
from commerce.sales_order where id = :id for update

-- name: set_state(id: uuid, state: text)
-- Move an order on.
update commerce.sales_order set state = :state where id = :id

-- name: book(id: uuid, authorised: bigint, captured: bigint, refunded: bigint) -> Balance?
-- Move an order's money by what its payments did; an order that waited is open once all is authorised.
update commerce.sales_order set authorised_minor = authorised_minor + :authorised,
    captured_minor = captured_minor + :captured, refunded_minor = refunded_minor + :refunded,
    state = case when state = 'awaiting-payment' and authorised_minor + :authorised >= total_minor then 'open' else state end
where id = :id
returning state, currency, total_minor, authorised_minor, captured_minor, refunded_minor

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
-- Count returned units on their lines.
update commerce.order_line l set returned = returned + n.units from unnest(:lines, :units) as n (line, units)
where l.order_id = :order and l.line = n.line
returning l.line, sku, name, n.units, unit_minor, net_minor, tax_minor, gross_minor * n.units / quantity, rate_bp, returned

-- name: hand_over(guest: uuid, customer: uuid)
-- Give a guest's orders to the customer the guest turned out to be.
update commerce.sales_order set owner_kind = 'customer', owner = :customer where owner_kind = 'guest' and owner = :guest
