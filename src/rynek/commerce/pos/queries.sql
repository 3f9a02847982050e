-- name: stores(codes: text[]) -> value[]
-- Which of these are stores: a warehouse has no counter, and its book may not fall below zero.
select code from commerce.location where code = any(:codes) and kind = 'store'

-- name: accept(stores: text[], tills: text[], numbers: bigint[], sold: timestamptz[], at: timestamptz, customers: uuid[], currencies: text[], amounts: bigint[], discounts: bigint[], lines: text[], tenders: text[], references: text[], digests: bytea[]) -> Key[]
-- Take receipts in, in the order given (which is that of their names); gives those that are new.
insert into commerce.receipt (store, till, number, sold_at, taken_at, customer, currency, amount_minor, discount_minor,
    lines, tenders, reference, digest)
select s, t, n, d, :at, c, y, a, o, l::json, e::json, r, g
from unnest(:stores, :tills, :numbers, :sold, :customers, :currencies, :amounts, :discounts, :lines, :tenders, :references,
    :digests) as x (s, t, n, d, c, y, a, o, l, e, r, g)
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
    reference
from commerce.receipt where store = :store and till = :till and number = :number

-- name: receipts(store: text, before: timestamptz, limit: int) -> Stored[]
-- A store's receipts, newest first.
select store, till, number, sold_at, taken_at, customer, currency, amount_minor, discount_minor, lines::text, tenders::text,
    reference
from commerce.receipt where store = :store and sold_at < :before order by sold_at desc limit :limit

-- name: bought(customer: uuid, before: timestamptz, limit: int) -> Stored[]
-- A customer's receipts, newest first.
select store, till, number, sold_at, taken_at, customer, currency, amount_minor, discount_minor, lines::text, tenders::text,
    reference
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
