-- name: put(id: uuid, name: text, wanted: text, given: text, kind: text, actor: uuid, at: timestamptz)
-- Write a simulation that is to be counted.
insert into commerce.simulation (id, name, wanted, given, actor_kind, actor, at)
values (:id, :name, :wanted::json, :given::json, :kind, :actor, :at)

-- name: waiting() -> value
-- How many simulations have not ended.
select count(*) from commerce.simulation where ended_at is null

-- name: known(skus: text[], channels: text[], stores: text[]) -> value[]
-- Those of these that there are not.
select 'sku ' || s from unnest(:skus) as s where not exists (select from commerce.variant where sku = s)
union all
select 'channel ' || c from unnest(:channels) as c where not exists (select from commerce.channel where code = c)
union all
select 'store ' || l from unnest(:stores) as l
where not exists (select from commerce.location where code = l and kind = 'store')

-- name: rates() -> value
-- All rates of VAT, the latest first, as JSON.
select coalesce(json_agg(json_build_array(country, category, (extract(epoch from from_at) * 1000000)::bigint, rate_bp)
    order by from_at desc nulls last), '[]')::text
from commerce.tax_rate

-- name: simulations(before: uuid, limit: int) -> Kept[]
-- Simulations, the newest first.
select id, name, wanted::text, state, at, began_at, ended_at, counted_at, total, baskets, lines, error
from commerce.simulation where :before is null or id < :before order by id desc limit :limit

-- name: simulation(id: uuid) -> Kept?
-- One simulation.
select id, name, wanted::text, state, at, began_at, ended_at, counted_at, total, baskets, lines, error
from commerce.simulation where id = :id

-- name: cancel(id: uuid, at: timestamptz) -> value?
-- End a simulation that has not ended.
update commerce.simulation set state = 'cancelled', ended_at = :at where id = :id and ended_at is null returning id

-- name: alone() -> value
-- Be the one who counts, until the transaction ends: one portion at a time over all processes.
select pg_try_advisory_xact_lock(5231, 1101)

-- name: next() -> Open?
-- The simulation that waits longest.
select id, given::text, total, position, failures from commerce.simulation where ended_at is null order by id limit 1

-- name: totals(channels: text[], currency: text, first: uuid, last: uuid, stores: text[], since: timestamptz, until: timestamptz) -> Totals
-- How many orders and receipts there are to look at; no channels (or stores), none of them; an empty list, all.
select (
    select count(*) from commerce.sales_order
    where :channels is not null and id >= :first and id < :last and currency = :currency and state in ('open', 'shipped')
        and (:channels = '{}' or channel = any(:channels))
), (
    select count(*) from commerce.receipt
    where :stores is not null and sold_at >= :since and sold_at < :until and currency = :currency
        and (:stores = '{}' or store = any(:stores))
)

-- name: begin(id: uuid, total: bigint, at: timestamptz)
-- Begin to count.
update commerce.simulation set state = 'running', total = :total, began_at = :at, counted_at = :at
where id = :id and ended_at is null

-- name: orders(channels: text[], currency: text, after: uuid, last: uuid, zone: text, limit: int) -> OrdersRead
-- The next orders that went through, as baskets: what was bought, by whom, and what it cost before promotions and after.
with o as materialized (
    select s.id, s.channel, s.owner_kind, s.owner, s.delivery_minor, s.tax_minor, s.placed_at, s.agreed,
        c.country as home, c.display = 'gross' as gross
    from commerce.sales_order s join commerce.channel c on c.code = s.channel
    where s.id > :after and s.id < :last and s.currency = :currency and s.state in ('open', 'shipped')
        and (:channels = '{}' or s.channel = any(:channels))
    order by s.id limit :limit
), l as materialized (
    select o.id, l.sku, l.line, l.quantity, l.net_minor, l.tax_minor, l.rate_bp, l.discount_minor,
        case when o.gross then l.gross_minor else l.net_minor end as paid
    from o join commerce.order_line l on l.order_id = o.id
), b as (
    select id, sum(tax_minor)::bigint as tax, json_agg(json_build_array(
        sku, quantity, paid + discount_minor, paid, net_minor, rate_bp, false) order by line) as bought
    from l group by id
), d as (
    select o.id, coalesce(a.priced ->> 'country', o.home) as country, a.terms ->> 'delivery' as delivery,
        coalesce((a.priced #>> '{delivery_line,discount}')::bigint, 0) as off,
        coalesce((a.priced #>> '{delivery_line,rate_bp}')::bigint, 0) as delivery_bp, a.trace ->> 'group' as price_group
    from o cross join lateral json_to_record(o.agreed) as a (terms json, priced json, trace json)
), k as (
    select o.id, json_build_array(
        (extract(epoch from o.placed_at) * 1000000)::bigint, (o.placed_at at time zone :zone)::date::text,
        o.channel, o.channel, d.country, o.gross, case when o.owner_kind = 'customer' then o.owner end, null,
        d.price_group, d.delivery, o.delivery_minor - case when o.gross then 0 else o.tax_minor - b.tax end + d.off,
        o.delivery_minor - case when o.gross then 0 else o.tax_minor - b.tax end,
        d.delivery_bp,
        o.owner_kind = 'customer' and not exists (
            select from commerce.sales_order e where e.owner = o.owner and e.id < o.id and e.state <> 'cancelled'),
        array(select m.segment from commerce.segment_member m
            where o.owner_kind = 'customer' and m.customer = o.owner order by m.segment),
        b.bought) as basket
    from o join b using (id) join d using (id)
)
select (select id from o order by id desc limit 1), (select count(*) from o), array(select distinct sku from l),
    array(select distinct owner from o where owner_kind = 'customer'),
    coalesce((select json_agg(basket order by id) from k), '[]')::text

-- name: receipts(stores: text[], currency: text, channel: text, since: timestamptz, until: timestamptz, store: text, sold_at: timestamptz, till: text, number: bigint, zone: text, limit: int) -> ReceiptsRead
-- The next receipts, store by store, as baskets: what left the shelves for money.
with r as materialized (
    select store, sold_at, till, number, customer, lines from commerce.receipt
    where (store, sold_at, till, number) > (:store, :sold_at, :till, :number) and sold_at >= :since and sold_at < :until
        and currency = :currency and (:stores = '{}' or store = any(:stores))
    order by store, sold_at, till, number limit :limit
), l as materialized (
    select r.store, r.sold_at, r.till, r.number, j.n, j.line ->> 'sku' as sku, (j.line ->> 'quantity')::bigint as quantity,
        (j.line ->> 'amount')::bigint as paid, coalesce(j.line ->> 'kind', 'sale') as kind,
        coalesce((select sum((d ->> 'amount')::bigint) from json_array_elements(j.line -> 'discounts') as d), 0)::bigint as off
    from r cross join lateral json_array_elements(r.lines) with ordinality as j (line, n)
), b as (
    select store, till, number, json_agg(json_build_array(
        sku, quantity, paid + off, paid, null, null, kind = 'weighed') order by n) as bought
    from l where kind in ('sale', 'weighed') and quantity > 0 and paid >= 0 group by store, till, number
), k as (
    select r.store, r.sold_at, r.till, r.number, json_build_array(
        (extract(epoch from r.sold_at) * 1000000)::bigint, (r.sold_at at time zone :zone)::date::text,
        r.store, :channel, p.country, true, r.customer, r.store, null, null, 0, 0, 0, false,
        array(select m.segment from commerce.segment_member m where m.customer = r.customer order by m.segment),
        coalesce(b.bought, '[]')) as basket
    from r join commerce.location p on p.code = r.store left join b using (store, till, number)
), z as (select store, sold_at, till, number from r order by store desc, sold_at desc, till desc, number desc limit 1)
select z.store, z.sold_at, z.till, z.number, (select count(*) from r),
    array(select distinct sku from l where kind in ('sale', 'weighed')),
    array(select distinct customer from r where customer is not null),
    coalesce((select json_agg(basket order by store, sold_at, till, number) from k), '[]')::text
from (values (1)) as one left join z on true

-- name: items(skus: text[], currency: text) -> value
-- What promotions ask of items, and what they cost the shop and when, as JSON.
select coalesce(json_agg(json_build_array(
    v.sku, array(select c.path from commerce.category c where c.code = any(p.categories) order by c.path), p.categories,
    p.brand, (p.attributes || v.attributes)::text, v.unit, v.weight_g, v.tax_category,
    coalesce((select json_agg(json_build_array(c.location, (extract(epoch from c.from_at) * 1000000)::bigint, c.minor)
            order by c.from_at desc nulls last)
        from commerce.cost c where c.sku = v.sku and c.currency = :currency), '[]'))), '[]')::text
from commerce.variant v join commerce.product p on p.id = v.product where v.sku = any(:skus)

-- name: had(id: uuid) -> value
-- How often promotions were had in a simulation so far, and for how much, as JSON.
select coalesce(json_agg(json_build_array(key, baskets, after_minor) order by key), '[]')::text
from commerce.simulation_sum where simulation = :id and part = 'promotion'

-- name: mine(id: uuid, customers: uuid[]) -> value
-- How often customers had promotions that each may have only so often, as JSON.
select coalesce(json_agg(json_build_array(customer, promotion, times) order by customer, promotion), '[]')::text
from commerce.simulation_reach where simulation = :id and customer = any(:customers) and promotion <> ''

-- name: go_on(id: uuid, was: text, position: text, baskets: bigint, done: boolean, counted: json, at: timestamptz) -> value?
-- Add what a portion came to, and move on; nothing where somebody else has, or it was cancelled.
with moved as (
    update commerce.simulation set position = :position, baskets = baskets + :baskets,
        lines = lines + (:counted ->> 'lines')::bigint, counted_at = :at, failures = 0,
        state = case when :done then 'done' else state end, ended_at = case when :done then :at end
    where id = :id and position = :was and ended_at is null returning id
), sums as (
    insert into commerce.simulation_sum as s (simulation, part, key, baskets, lines, units, before_minor, after_minor,
        net_before, net_after, costed_before, costed_after, margin_before, margin_after)
    select m.id, e ->> 0, e ->> 1, (e ->> 2)::bigint, (e ->> 3)::bigint, (e ->> 4)::bigint, (e ->> 5)::bigint,
        (e ->> 6)::bigint, (e ->> 7)::bigint, (e ->> 8)::bigint, (e ->> 9)::bigint, (e ->> 10)::bigint,
        (e ->> 11)::bigint, (e ->> 12)::bigint
    from moved m, json_array_elements(:counted -> 'sums') as e
    on conflict (simulation, part, key) do update set baskets = s.baskets + excluded.baskets,
        lines = s.lines + excluded.lines, units = s.units + excluded.units,
        before_minor = s.before_minor + excluded.before_minor, after_minor = s.after_minor + excluded.after_minor,
        net_before = s.net_before + excluded.net_before, net_after = s.net_after + excluded.net_after,
        costed_before = s.costed_before + excluded.costed_before, costed_after = s.costed_after + excluded.costed_after,
        margin_before = s.margin_before + excluded.margin_before, margin_after = s.margin_after + excluded.margin_after
), reach as (
    insert into commerce.simulation_reach as r (simulation, customer, promotion, times)
    select m.id, (e ->> 0)::uuid, e ->> 1, (e ->> 2)::bigint from moved m, json_array_elements(:counted -> 'reach') as e
    on conflict (simulation, customer, promotion) do update set times = r.times + excluded.times
)
select id from moved

-- name: failed(id: uuid, was: text, error: text, most: int, at: timestamptz)
-- Note that a portion could not be counted; after several times it is given up.
update commerce.simulation set failures = failures + 1, error = :error,
    state = case when failures + 1 >= :most then 'failed' else state end,
    ended_at = case when failures + 1 >= :most then :at end
where id = :id and position = :was and ended_at is null

-- name: customers(id: uuid) -> value
-- How many customers a simulation reached.
select count(*) from commerce.simulation_reach where simulation = :id and promotion = ''

-- name: sums(id: uuid, most: int) -> SumRow[]
-- What a simulation has summed up: all parts, of items, categories and places those that changed most.
with s as (
    select *, row_number() over (partition by part order by abs(after_minor - before_minor) desc, key) as n
    from commerce.simulation_sum where simulation = :id
)
select s.part, s.key, s.baskets, s.lines, s.units, s.before_minor, s.after_minor, s.net_before, s.net_after,
    s.costed_before, s.costed_after, s.margin_before, s.margin_after,
    coalesce(case when s.part in ('item', 'gift') then (
            select concat_ws(', ', p.name, nullif(v.name, '')) from commerce.variant v
            join commerce.product p on p.id = v.product where v.sku = s.key)
        when s.part = 'category' then (select c.name from commerce.category c where c.code = s.key) end, s.key)
from s where s.part not in ('item', 'category', 'place') or s.n <= :most order by s.part, s.n
