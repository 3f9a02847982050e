-- name: products() -> value[]
-- All products that are sold.
select id from commerce.product where not archived order by id;

-- name: of_skus(skus: text[]) -> value[]
-- The products of these items, and of the bundles that hold them.
with recursive touched (sku) as (
    select unnest(:skus)
    union
    select c.bundle from touched as t join commerce.component as c on c.sku = t.sku
)
select distinct v.product from touched as t join commerce.variant as v on v.sku = t.sku where v.active;

-- name: opened(since: timestamptz, until: timestamptz) -> value[]
-- Products that began to be offered somewhere in a stretch of time.
select distinct product from commerce.publication where from_at > :since and from_at <= :until;

-- name: routed() -> value[]
-- The locations that serve a channel.
select distinct location from commerce.location_channel order by location;

-- name: inside() -> value[]
-- The items that bundles hold.
select distinct sku from commerce.component order by sku;

-- name: brand_names() -> Named[]
-- Every brand.
select code, name from commerce.brand order by code;

-- name: sold(products: uuid[], since: date) -> Sold[]
-- Units of products sold since a day.
select v.product, sum(s.units)::bigint from commerce.variant as v
join commerce.search_sold as s on s.sku = v.sku and s.sold_on >= :since
where v.product = any(:products) group by v.product;

-- name: sold_lately(since: date) -> value[]
-- Products of which something was sold since a day.
select distinct v.product from commerce.search_sold as s join commerce.variant as v on v.sku = s.sku where s.sold_on >= :since;

-- name: sell(skus: text[], days: date[], units: bigint[])
-- Count what was sold.
insert into commerce.search_sold as s (sku, sold_on, units)
select sku, day, sum(units) from unnest(:skus, :days, :units) as t (sku, day, units) group by sku, day order by sku, day
on conflict (sku, sold_on) do update set units = s.units + excluded.units;

-- name: weights(channel: text) -> value?
-- The weights of a channel, or those for all.
select given::text from commerce.search_weights where channel in (:channel, '') order by channel desc limit 1;

-- name: put_weights(channel: text, given: json)
-- Set the weights of a channel.
insert into commerce.search_weights (channel, given) values (:channel, :given)
on conflict (channel) do update set given = excluded.given;

-- name: synonyms() -> Kept[]
-- All synonyms.
select id, given::text from commerce.search_synonym order by id;

-- name: put_synonym(id: uuid, given: json)
-- Write synonyms.
insert into commerce.search_synonym (id, given) values (:id, :given) on conflict (id) do update set given = excluded.given;

-- name: drop_synonym(id: uuid) -> value?
-- Forget synonyms.
delete from commerce.search_synonym where id = :id returning id;

-- name: rules() -> Kept[]
-- All rules.
select id, given::text from commerce.search_rule order by id;

-- name: put_rule(id: uuid, given: json)
-- Write a rule.
insert into commerce.search_rule (id, given) values (:id, :given) on conflict (id) do update set given = excluded.given;

-- name: drop_rule(id: uuid) -> value?
-- Forget a rule.
delete from commerce.search_rule where id = :id returning id;

-- name: count_asked(channels: text[], days: date[], queries: text[], searches: bigint[], empties: bigint[])
-- Count searches.
insert into commerce.search_asked as a (channel, asked_on, query, searches, empty)
select channel, day, query, searches, empty
from unnest(:channels, :days, :queries, :searches, :empties) as t (channel, day, query, searches, empty)
order by channel, day, query
on conflict (channel, asked_on, query) do update
    set searches = a.searches + excluded.searches, empty = a.empty + excluded.empty;

-- name: count_places(channels: text[], days: date[], places: int[], shown: bigint[], chosen: bigint[])
-- Count what stood on places and was chosen there.
insert into commerce.search_place as p (channel, asked_on, place, shown, chosen)
select channel, day, place, sum(shown), sum(chosen)
from unnest(:channels, :days, :places, :shown, :chosen) as t (channel, day, place, shown, chosen)
group by channel, day, place order by channel, day, place
on conflict (channel, asked_on, place) do update set shown = p.shown + excluded.shown, chosen = p.chosen + excluded.chosen;

-- name: first_choices(searches: uuid[], day: date) -> value[]
-- Those of the searches from which nothing was chosen before.
insert into commerce.search_chosen (search, chosen_on) select distinct s, :day from unnest(:searches) as t (s) order by s
on conflict do nothing returning search;

-- name: count_chosen(channels: text[], days: date[], queries: text[], chosen: bigint[])
-- Count searches from which something was chosen.
insert into commerce.search_asked as a (channel, asked_on, query, chosen)
select channel, day, query, chosen from unnest(:channels, :days, :queries, :chosen) as t (channel, day, query, chosen)
order by channel, day, query
on conflict (channel, asked_on, query) do update set chosen = a.chosen + excluded.chosen;

-- name: forget(chosen_before: date, asked_before: date)
-- Forget what is counted, and counts that are old.
with gone as (delete from commerce.search_chosen where chosen_on < :chosen_before),
    old as (delete from commerce.search_asked where asked_on < :asked_before)
delete from commerce.search_place where asked_on < :asked_before;

-- name: totals(channel: text, first_on: date, last_on: date) -> Popular
-- How all searches of a stretch of days did.
select '', coalesce(sum(searches), 0)::bigint, coalesce(sum(empty), 0)::bigint, coalesce(sum(chosen), 0)::bigint,
    coalesce(sum(greatest(searches - empty - chosen, 0)), 0)::bigint
from commerce.search_asked where channel = :channel and asked_on between :first_on and :last_on;

-- name: popular(channel: text, first_on: date, last_on: date, sort: text, size: int) -> Popular[]
-- Queries of a stretch of days: all, those that found nothing, or those from which nothing was chosen.
select query, searches, empty, chosen, greatest(searches - empty - chosen, 0) from (
    select query, sum(searches)::bigint, sum(empty)::bigint, sum(chosen)::bigint
    from commerce.search_asked where channel = :channel and asked_on between :first_on and :last_on group by query
) as t (query, searches, empty, chosen)
where case :sort when 'nothing' then empty > 0 when 'left' then searches - empty - chosen > 0 else searches > 0 end
order by case :sort when 'nothing' then empty when 'left' then searches - empty - chosen else searches end desc, query
limit :size;

-- name: places(channel: text, first_on: date, last_on: date) -> Place[]
-- How often what stood on each place was chosen.
select place, sum(shown)::bigint, sum(chosen)::bigint from commerce.search_place
where channel = :channel and asked_on between :first_on and :last_on group by place order by place limit 100;

-- name: glad(channel: text, since: date, size: int) -> Popular[]
-- Queries that others were glad of: they found something, and something was chosen.
select query, sum(searches)::bigint, sum(empty)::bigint, sum(chosen)::bigint, 0::bigint from commerce.search_asked
where channel = :channel and asked_on >= :since group by query
having sum(chosen) > 0 and sum(empty) = 0 order by sum(chosen) desc, query limit :size;
