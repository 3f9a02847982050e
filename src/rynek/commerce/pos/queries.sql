-- name: stores(codes: text[]) -> value[]
-- Which of these are stores: a warehouse has no counter, and its book may not fall below zero.
select code from commerce.location where code = any(:codes) and kind = 'store'

-- name: accept(stores: text[], tills: text[], numbers: bigint[], sold: timestamptz[], at: timestamptz, customers: uuid[], currencies: text[], amounts: bigint[], discounts: bigint[], lines: text[], tenders: text[], references: text[], digests: bytea[], vat_ids: text[]) -> Key[]
-- Take receipts in, in the order given (which is that of their names); gives those that are new.
insert into commerce.receipt (store, till, number, sold_at, taken_at, customer, currency, amount_minor, discount_minor,
    lines, tenders, reference, digest, vat_id)
select s, t, n, d, :at, c, y, a, o, l::json, e::json, r, g, v
from unnest(:stores, :tills, :numbers, :sold, :customers, :currencies, :amounts, :discounts, :lines, :tenders, :references,
    :digests, :vat_ids) as x (s, t, n, d, c, y, a, o, l, e, r, g, v)
on conflict on constraint receipt_once do nothing
returning store, till, number, digest

-- name: known(stores: text[], tills: text[], numbers: bigint[]) -> Key[]
-- What came before under these names.
select r.store, r.till, r.number, r.digest
from unnest(:stores, :tills, :numbers) as k (store, till, number)
join commerce.receipt r using (store, till, number)

-- name: receipt(store: text, till: text, number: bigint) -> Stored
-- A receipt.
select store, till, number, sold_at, taken_at, customer, currency, amount_minor, discount_minor, lines::text, tenders::text,
    reference, vat_id
from commerce.receipt where store = :store and till = :till and number = :number

-- name: receipts(store: text, before: timestamptz, limit: int) -> Stored[]
-- A store's receipts, newest first.
select store, till, number, sold_at, taken_at, customer, currency, amount_minor, discount_minor, lines::text, tenders::text,
    reference, vat_id
from commerce.receipt where store = :store and sold_at < :before order by sold_at desc limit :limit

-- name: bought(customer: uuid, before: timestamptz, limit: int) -> Stored[]
-- A customer's receipts, newest first.
select store, till, number, sold_at, taken_at, customer, currency, amount_minor, discount_minor, lines::text, tenders::text,
    reference, vat_id
from commerce.receipt where customer = :customer and sold_at < :before order by sold_at desc limit :limit

-- name: intake(store: text, since: timestamptz, recent: timestamptz) -> value
-- What came in from tills since an instant, by store, and by second lately; null for all stores. One statement, so one
-- snapshot: a reader of the log that goes on from its position counts nothing twice.
select json_build_object(
    'position', pg_current_snapshot()::text,
    'stores', coalesce((
        select json_agg(json_build_array(store, currency, receipts, amount) order by store, currency) from (
            select store, currency, count(*) as receipts, sum(amount_minor)::bigint as amount from commerce.receipt
            where (:store is null or store = :store) and taken_at >= :since group by store, currency) as s), '[]'),
    'pace', coalesce((
        select json_agg(json_build_array(second, receipts)) from (
            select floor(extract(epoch from taken_at))::bigint as second, count(*) as receipts from commerce.receipt
            where (:store is null or store = :store) and taken_at >= :recent group by 1) as p), '[]'))::text

-- name: takings(store: text, since: timestamptz, until: timestamptz) -> Takings[]
-- What stores took in a period, by store and currency; null for all stores.
select store, currency, count(*), sum(amount_minor)::bigint, sum(discount_minor)::bigint from commerce.receipt
where (:store is null or store = :store) and sold_at >= :since and sold_at < :until
group by store, currency order by 4 desc limit 1000

-- name: rule(store: text) -> Rule?
-- How a store takes goods back over its counter.
select days, unproven_minor, unproven_units from commerce.counter_rule where store = :store

-- name: put_rule(store: text, days: int, unproven_minor: bigint, unproven_units: bigint)
-- Say how a store takes goods back over its counter.
insert into commerce.counter_rule (store, days, unproven_minor, unproven_units)
values (:store, :days, :unproven_minor, :unproven_units)
on conflict (store) do update set days = excluded.days, unproven_minor = excluded.unproven_minor,
    unproven_units = excluded.unproven_units

-- name: begin_return(store: text, reference: text, digest: bytea, actor: uuid, at: timestamptz) -> value?
-- Begin a return over a counter; gives its number, nothing where one has this reference.
insert into commerce.counter_return (store, reference, digest, actor, at) values (:store, :reference, :digest, :actor, :at)
on conflict (store, reference) do nothing returning number

-- name: known_return(store: text, reference: text) -> Known?
-- What was answered to a return before.
select digest, answered::text from commerce.counter_return where store = :store and reference = :reference

-- name: end_return(store: text, reference: text, answered: text)
-- Write down what was answered to a return.
update commerce.counter_return set answered = :answered::json where store = :store and reference = :reference

-- name: lock_back(store: text, till: text, number: bigint) -> value
-- Lock what goes back of a receipt; gives how much did.
insert into commerce.receipt_back (store, till, number, minor) values (:store, :till, :number, 0)
on conflict (store, till, number) do update set minor = receipt_back.minor returning minor

-- name: add_back(store: text, till: text, number: bigint, minor: bigint)
-- Count what goes back of a receipt.
update commerce.receipt_back set minor = minor + :minor where store = :store and till = :till and number = :number

-- name: lines_back(store: text, till: text, number: bigint) -> LineBack[]
-- What is back of the lines of a receipt.
select line, units from commerce.receipt_line_back where store = :store and till = :till and number = :number

-- name: add_lines_back(store: text, till: text, number: bigint, lines: smallint[], sold: bigint[], units: bigint[])
-- Count what comes back of the lines of a receipt: never more than was sold.
insert into commerce.receipt_line_back (store, till, number, line, sold, units)
select :store, :till, :number, l, s, u from unnest(:lines, :sold, :units) as x (l, s, u)
on conflict (store, till, number, line) do update set units = receipt_line_back.units + excluded.units

-- name: cheapest(store: text, skus: text[], since: timestamptz) -> Cheapest[]
-- What items were sold for at least in a store since an instant, a piece, discounts taken off; rounded down.
select l.sku, r.currency, min(l.amount / l.quantity)::bigint
from commerce.receipt r, json_to_recordset(r.lines) as l (sku text, quantity bigint, amount bigint, kind text)
where r.store = :store and r.sold_at >= :since and l.sku = any(:skus) and l.quantity > 0
    and coalesce(l.kind, 'sale') in ('sale', 'weighed')
group by l.sku, r.currency

-- name: count_day(customer: uuid, day: date, units: bigint, minor: bigint) -> Day
-- Count what somebody brings back without a receipt on a day; gives what it is by then, locked.
insert into commerce.counter_day (customer, day, units, minor) values (:customer, :day, :units, :minor)
on conflict (customer, day) do update set units = counter_day.units + excluded.units,
    minor = counter_day.minor + excluded.minor
returning units, minor

-- name: sought(store: text, till: text, number: bigint) -> Stored?
-- A receipt that goods come back by, if there is one.
select store, till, number, sold_at, taken_at, customer, currency, amount_minor, discount_minor, lines::text, tenders::text,
    reference, vat_id
from commerce.receipt where store = :store and till = :till and number = :number
