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

-- name: tax_rates(countries: text[]) -> TaxRate[]
-- Every rate of these countries, the earliest first.
select country, category, rate_bp, label, from_at from commerce.tax_rate where country = any(:countries)
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
