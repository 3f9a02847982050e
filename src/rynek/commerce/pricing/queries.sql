-- name: candidates(channels: text[], countries: text[], groups: text[], ats: timestamptz[], skus: text[], quantities: bigint[]) -> Candidate[]
-- What is known of each line of any number of baskets: whether it is offered, its tax, and the prices that are or come.
select
    p.minor, p.minimum, p.from_at, p.until_at,
    l.code, l.basis, l.priority, l.channel is not null, l.customer_group is not null, l.from_at, l.until_at,
    a.line::int, c.currency, c.rounding, c.display,
    o.product, o.name, o.gtin, o.tax_category, o.unit, o.weight_g, o.until_at,
    t.rate_bp, t.label,
    (select min(n.from_at) from commerce.tax_rate as n
        where n.country = a.country and n.category = o.tax_category and n.from_at > a.at)
from unnest(:channels, :countries, :groups, :ats, :skus, :quantities)
    with ordinality as a (channel, country, customer_group, at, sku, quantity, line)
left join commerce.channel as c on c.code = a.channel
left join commerce.offer as o on o.channel = a.channel and o.sku = a.sku
    and (o.from_at is null or o.from_at <= a.at) and (o.until_at is null or o.until_at > a.at)
left join lateral (
    select r.rate_bp, r.label from commerce.tax_rate as r
    where r.country = a.country and r.category = o.tax_category and (r.from_at is null or r.from_at <= a.at)
    order by r.from_at desc nulls last limit 1
) as t on true
left join (commerce.price as p join commerce.price_list as l on l.code = p.list and l.active)
    on p.sku = a.sku and p.minimum <= a.quantity and (p.until_at is null or p.until_at > a.at)
    and l.currency = c.currency and (l.channel is null or l.channel = a.channel)
    and (l.customer_group is null or l.customer_group = a.customer_group)
    and (l.until_at is null or l.until_at > a.at);

-- name: put_lists(given: json, at: timestamptz) -> value[]
-- Write price lists and note how they are now; gives the codes of those that are new or different.
with put as (
    insert into commerce.price_list as l
        (code, name, currency, basis, channel, customer_group, priority, from_at, until_at, active)
    select code, name, currency, basis, channel, customer_group, priority, from_at, until_at, active
    from json_populate_recordset(null::commerce.price_list, :given) order by code
    on conflict (code) do update set name = excluded.name, currency = excluded.currency, basis = excluded.basis,
        channel = excluded.channel, customer_group = excluded.customer_group, priority = excluded.priority,
        from_at = excluded.from_at, until_at = excluded.until_at, active = excluded.active
    where l.* is distinct from excluded.* returning l.*
), noted as (
    insert into commerce.price_list_entry
        (at, code, currency, basis, channel, customer_group, priority, from_at, until_at, active)
    select :at, code, currency, basis, channel, customer_group, priority, from_at, until_at, active from put
)
select code from put;

-- name: lists() -> PriceList[]
-- Every price list.
select code, name, currency, basis, channel, customer_group, priority, from_at, until_at, active
from commerce.price_list order by code;

-- name: put_prices(given: json, at: timestamptz) -> Changed[]
-- Write prices, take out those without an amount, and note it; gives what is different now.
with given as (
    select * from json_populate_recordset(null::commerce.price, :given)
), dropped as (
    delete from commerce.price as p using given as g
    where p.sku = g.sku and p.list = g.list and p.minimum = g.minimum and p.from_at is not distinct from g.from_at
        and g.minor is null
    returning p.sku, p.list, p.minimum, p.from_at, p.until_at, null::bigint as minor
), put as (
    insert into commerce.price as p (sku, list, minimum, from_at, until_at, minor)
    select sku, list, minimum, from_at, until_at, minor from given where minor is not null
    order by sku, list, minimum, from_at
    on conflict (sku, list, minimum, from_at) do update set until_at = excluded.until_at, minor = excluded.minor
    where (p.until_at, p.minor) is distinct from (excluded.until_at, excluded.minor)
    returning p.sku, p.list, p.minimum, p.from_at, p.until_at, p.minor
), noted as (
    insert into commerce.price_entry (at, sku, list, minimum, from_at, until_at, minor)
    select :at, * from (select * from dropped union all select * from put) as c
)
select sku, list, minor from (select * from dropped union all select * from put) as c order by sku, list;

-- name: known_skus(skus: text[]) -> value[]
-- Those of the skus that exist.
select sku from commerce.variant where sku = any(:skus);

-- name: known_lists(codes: text[]) -> value[]
-- Those of the lists that exist.
select code from commerce.price_list where code = any(:codes);

-- name: prices(skus: text[]) -> Price[]
-- The prices of these items in all lists.
select list, sku, minor, minimum, from_at, until_at from commerce.price where sku = any(:skus)
order by sku, list, minimum, from_at nulls first;

-- name: put_tax_rates(given: json) -> Taxed[]
-- Write rates of VAT; gives those that are new or different.
insert into commerce.tax_rate as t (country, category, from_at, rate_bp, label)
select country, category, from_at, rate_bp, label from json_populate_recordset(null::commerce.tax_rate, :given)
order by country, category, from_at
on conflict (country, category, from_at) do update set rate_bp = excluded.rate_bp, label = excluded.label
where (t.rate_bp, t.label) is distinct from (excluded.rate_bp, excluded.label)
returning country, category;

-- name: priced_next(in_list: text, after: text, size: int) -> value[]
-- The items that have a price, in their order.
select v.sku from commerce.variant as v
where v.sku > :after
    and exists (select from commerce.price as p where p.sku = v.sku and (:in_list is null or p.list = :in_list))
order by v.sku limit :size;

-- name: tax_rates(country: text) -> TaxRate[]
-- Every rate of a country, or of all, the earliest first.
select country, category, rate_bp, label, from_at from commerce.tax_rate where :country is null or country = :country
order by country, category, from_at nulls first;

-- name: said(skus: text[], horizon: timestamptz) -> Said[]
-- What prices were set to since the horizon, and what they were then; in the order it was said.
select e.at, e.sku, e.list, e.minimum, e.from_at, e.until_at, e.minor from commerce.price_entry as e
where e.sku = any(:skus) and (e.at > :horizon or not exists (
    select from commerce.price_entry as n
    where n.sku = e.sku and n.id > e.id and n.at <= :horizon and n.list = e.list and n.minimum = e.minimum
        and n.from_at is not distinct from e.from_at))
order by e.sku, e.id;

-- name: lists_said() -> ListSaid[]
-- All that price lists were set to, in the order it was said.
select at, code, currency, basis, channel, customer_group, priority, from_at, until_at, active
from commerce.price_list_entry order by id;

-- name: tax_category(sku: text) -> value?
-- How an item is taxed.
select tax_category from commerce.variant where sku = :sku;

-- name: rates_of(country: text, categories: text[]) -> TaxRate[]
-- A country's rates of these categories, the earliest first.
select country, category, rate_bp, label, from_at from commerce.tax_rate
where country = :country and category = any(:categories) order by category, from_at nulls first;

-- name: put_costs(given: json, at: timestamptz) -> value[]
-- Write costs, take out those without an amount, and note it; gives the skus of those that are different now.
with given as (
    select * from json_populate_recordset(null::commerce.cost, :given)
), dropped as (
    delete from commerce.cost as c using given as g
    where c.sku = g.sku and c.currency = g.currency and c.location is not distinct from g.location
        and c.from_at is not distinct from g.from_at and g.minor is null
    returning c.sku, c.currency, c.location, c.from_at, null::bigint as minor
), put as (
    insert into commerce.cost as c (sku, currency, location, from_at, minor)
    select sku, currency, location, from_at, minor from given where minor is not null
    order by sku, currency, location, from_at
    on conflict (sku, currency, location, from_at) do update set minor = excluded.minor
    where c.minor <> excluded.minor
    returning c.sku, c.currency, c.location, c.from_at, c.minor
), noted as (
    insert into commerce.cost_entry (at, sku, currency, location, from_at, minor)
    select :at, * from (select * from dropped union all select * from put) as c
)
select sku from (select * from dropped union all select * from put) as c order by sku;

-- name: costed_next(after: text, size: int) -> value[]
-- The skus of items whose cost is known, in their order.
select distinct sku from commerce.cost where sku > :after order by sku limit :size;

-- name: cost_rows(skus: text[]) -> Cost[]
-- What these items cost the shop, now and to come.
select sku, currency, minor, location, from_at from commerce.cost where sku = any(:skus)
order by sku, currency, location nulls first, from_at nulls first;

-- name: costs(skus: text[], currency: text, at: timestamptz, location: text) -> Amount[]
-- What each of these items costs at an instant: at the location if that is known, else everywhere.
select distinct on (sku) sku, minor from commerce.cost
where sku = any(:skus) and currency = :currency and (location is null or location = :location)
    and (from_at is null or from_at <= :at)
order by sku, location nulls last, from_at desc nulls last;

-- name: put_competitor_prices(given: json, at: timestamptz) -> CompetitorPrice[]
-- Keep what was seen last at competitors, and note it; gives what is news.
with put as (
    insert into commerce.competitor_price as c (sku, competitor, currency, minor, seen_at, source)
    select sku, competitor, currency, minor, seen_at, source
    from json_populate_recordset(null::commerce.competitor_price, :given) order by sku, currency, competitor
    on conflict (sku, currency, competitor) do update
        set minor = excluded.minor, seen_at = excluded.seen_at, source = excluded.source
    where c.seen_at < excluded.seen_at
    returning c.sku, c.competitor, c.currency, c.minor, c.seen_at, c.source
), noted as (
    insert into commerce.competitor_price_entry (at, sku, competitor, currency, minor, seen_at, source)
    select :at, * from put
)
select * from put order by sku, competitor;

-- name: seen_next(after: text, size: int) -> value[]
-- The skus of items that were seen at competitors, in their order.
select distinct sku from commerce.competitor_price where sku > :after order by sku limit :size;

-- name: competitor_prices(skus: text[]) -> CompetitorPrice[]
-- What was seen last of these items at competitors.
select sku, competitor, currency, minor, seen_at, source from commerce.competitor_price where sku = any(:skus)
order by sku, currency, competitor;

-- name: put_floors(given: json, at: timestamptz) -> value[]
-- Write floors, take out those without an amount, and note it; gives the skus of those that are different now.
with given as (
    select * from json_populate_recordset(null::commerce.price_floor, :given)
), dropped as (
    delete from commerce.price_floor as f using given as g
    where f.sku = g.sku and f.currency = g.currency and f.country is not distinct from g.country and f.kind = g.kind
        and f.from_at is not distinct from g.from_at and g.minor is null
    returning f.sku, f.currency, f.country, f.kind, f.from_at, f.until_at, null::bigint as minor, f.reason
), put as (
    insert into commerce.price_floor as f (sku, currency, country, kind, from_at, until_at, minor, reason)
    select sku, currency, country, kind, from_at, until_at, minor, reason from given where minor is not null
    order by sku, currency, country, kind, from_at
    on conflict (sku, currency, country, kind, from_at) do update
        set until_at = excluded.until_at, minor = excluded.minor, reason = excluded.reason
    where (f.until_at, f.minor, f.reason) is distinct from (excluded.until_at, excluded.minor, excluded.reason)
    returning f.sku, f.currency, f.country, f.kind, f.from_at, f.until_at, f.minor, f.reason
), noted as (
    insert into commerce.price_floor_entry (at, sku, currency, country, kind, from_at, until_at, minor, reason)
    select :at, * from (select * from dropped union all select * from put) as c
)
select sku from (select * from dropped union all select * from put) as c order by sku;

-- name: floored_next(after: text, size: int) -> value[]
-- The skus of items that have a floor, in their order.
select distinct sku from commerce.price_floor where sku > :after order by sku limit :size;

-- name: floor_rows(skus: text[]) -> PriceFloor[]
-- The floors of these items, now and to come.
select sku, currency, minor, kind, reason, country, from_at, until_at from commerce.price_floor where sku = any(:skus)
order by sku, currency, country nulls first, kind, from_at nulls first;

-- name: floors(skus: text[], currency: text, country: text, at: timestamptz) -> PriceFloor[]
-- The highest floor of each of these items in a country at an instant.
select distinct on (sku) sku, currency, minor, kind, reason, country, from_at, until_at from commerce.price_floor
where sku = any(:skus) and currency = :currency and (country is null or country = :country)
    and (from_at is null or from_at <= :at) and (until_at is null or until_at > :at)
order by sku, minor desc, kind desc;
