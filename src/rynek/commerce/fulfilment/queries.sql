-- name: put_places(locations: text[], latitudes: double precision[], longitudes: double precision[], parcels: bigint[], tasks: int[], sends: boolean[], hands_out: boolean[])
-- Say what locations are to fulfilment.
insert into commerce.place (location, latitude, longitude, parcel_minor, tasks, sends, hands_out)
select * from unnest(:locations, :latitudes, :longitudes, :parcels, :tasks, :sends, :hands_out)
on conflict (location) do update set latitude = excluded.latitude, longitude = excluded.longitude,
    parcel_minor = excluded.parcel_minor, tasks = excluded.tasks, sends = excluded.sends, hands_out = excluded.hands_out

-- name: place_facts(after: text, limit: int) -> PlaceFacts[]
-- What locations are to fulfilment, by code.
select location, latitude, longitude, parcel_minor, tasks, sends, hands_out from commerce.place
where location > :after order by location limit :limit

-- name: put_areas(countries: text[], prefixes: text[], latitudes: double precision[], longitudes: double precision[])
-- Say where postcodes lie.
insert into commerce.postcode_area (country, prefix, latitude, longitude)
select * from unnest(:countries, :prefixes, :latitudes, :longitudes)
on conflict (country, prefix) do update set latitude = excluded.latitude, longitude = excluded.longitude

-- name: areas(country: text, after: text, limit: int) -> Area[]
-- Where a country's postcodes lie.
select country, prefix, latitude, longitude from commerce.postcode_area
where country = :country and prefix > :after order by prefix limit :limit

-- name: lie(countries: text[], prefixes: text[]) -> Lies[]
-- Where these beginnings of postcodes lie.
select country, prefix, latitude, longitude from commerce.postcode_area
where (country, prefix) in (select * from unnest(:countries, :prefixes))

-- name: put_routing(channel: text, at: timestamptz, body: text) -> value
-- Write a channel's rules; gives their version.
insert into commerce.routing (channel, changed_at, body) values (:channel, :at, :body::json)
on conflict (channel) do update set version = routing.version + 1, changed_at = excluded.changed_at, body = excluded.body
returning version

-- name: drop_routing(channel: text) -> value?
-- Forget a channel's rules.
delete from commerce.routing where channel = :channel returning version

-- name: routings(channels: text[]) -> RoutingRow[]
-- The rules of channels.
select channel, version, body::text from commerce.routing where channel = any(:channels)

-- name: all_routings() -> RoutingRow[]
-- The rules of all channels.
select channel, version, body::text from commerce.routing order by channel

-- name: lock_orders(ids: uuid[]) -> Wanted[]
-- Lock orders, in the order of their keys, and tell what fulfilment has to know of them.
select o.id, o.number, o.channel, o.state, coalesce(o.agreed #>> '{terms,address,country}', ''),
    coalesce(o.agreed #>> '{terms,address,postcode}', ''), coalesce(d.kind, ''), coalesce(o.agreed #>> '{terms,point}', ''),
    exists (select from commerce.allocation a where a.order_id = o.id)
from commerce.sales_order o
left join commerce.delivery_option d on d.channel = o.channel and d.code = o.agreed #>> '{terms,delivery}'
where o.id = any(:ids) order by o.id for update of o

-- name: held(orders: uuid[]) -> Kept[]
-- What is set aside for orders, where.
select holder, sku, location, units from commerce.hold where holder = any(:orders) order by holder, sku, location

-- name: lists(orders: uuid[]) -> OnList[]
-- What is on the lists of orders, of work that is not over.
select t.order_id, t.id, t.location, t.state, l.sku, l.units, l.picked
from commerce.pick_task t join commerce.pick_line l on l.task = t.id
where t.order_id = any(:orders) and t.state in ('open', 'picking', 'picked', 'packed', 'ready') and l.units > 0
order by t.id, l.sku

-- name: places(channels: text[]) -> PlaceRow[]
-- The locations that serve channels, with what counts against each.
select c.channel, c.location, c.rank, p.latitude, p.longitude, coalesce(p.parcel_minor, 0), coalesce(p.tasks, 100),
    coalesce(p.sends, true), coalesce(p.hands_out, false), coalesce(n.live, 0)::int
from commerce.location_channel c
join commerce.location a on a.code = c.location and a.active
left join commerce.place p on p.location = c.location
left join (
    select location, count(*) as live from commerce.pick_task where state in ('open', 'picking', 'picked') group by location
) n on n.location = c.location
where c.channel = any(:channels)

-- name: free(channels: text[], skus: text[], locations: text[]) -> Free[]
-- What nobody has set aside of items at locations, and what is kept back of it.
select w.channel, w.sku, w.location, l.on_hand - l.held, coalesce(y.units, a.units, 0)
from unnest(:channels, :skus, :locations) as w (channel, sku, location)
join commerce.level l on l.sku = w.sku and l.location = w.location
left join commerce.safety y on y.channel = w.channel and y.location = w.location and y.sku = w.sku
left join commerce.safety a on a.channel = w.channel and a.location = w.location and a.sku = ''

-- name: ages(skus: text[], locations: text[]) -> Aged[]
-- Since when the oldest units have been at locations, if what came first left first: of the arrivals, the newest first,
-- the last that is needed to make up what is there.
select l.sku, l.location, min(c.at)
from unnest(:skus, :locations) as w (sku, location)
join commerce.level l on l.sku = w.sku and l.location = w.location and l.on_hand > 0
join lateral (
    select e.at, sum(e.units) over (order by e.at desc rows unbounded preceding) - e.units as newer
    from commerce.stock_entry e where e.sku = l.sku and e.location = l.location and e.units > 0
) c on c.newer < l.on_hand
group by l.sku, l.location

-- name: decide(orders: uuid[], causes: text[], bodies: text[], at: timestamptz)
-- Write down why units are where they are.
insert into commerce.allocation (order_id, at, cause, body)
select o, :at, c, b::json from unnest(:orders, :causes, :bodies) as n (o, c, b)

-- name: decisions(order: uuid) -> ToldRow[]
-- Why an order's units are where they are, in the order it was decided.
select at, body::text from commerce.allocation where order_id = :order order by seq

-- name: give_work(ids: uuid[], orders: uuid[], numbers: bigint[], locations: text[], kinds: text[], priorities: int[], dues: timestamptz[], at: timestamptz) -> Given[]
-- Give work to locations; where some for the order is open there, that is it.
insert into commerce.pick_task (id, order_id, number, location, kind, priority, due_at, made_at)
select i, o, n, l, k, p, d, :at from unnest(:ids, :orders, :numbers, :locations, :kinds, :priorities, :dues) as w (i, o, n, l, k, p, d)
order by o, l
on conflict (order_id, location) where state = 'open' do update set priority = least(pick_task.priority, excluded.priority)
returning id, order_id, location

-- name: list(tasks: uuid[], skus: text[], units: bigint[])
-- Put units on lists.
insert into commerce.pick_line as l (task, sku, units) select * from unnest(:tasks, :skus, :units)
on conflict (task, sku) do update set units = l.units + excluded.units

-- name: give_up(tasks: uuid[], skus: text[], units: bigint[])
-- Take units off lists; those that were picked are to be put back.
update commerce.pick_line l set units = l.units - n.units, picked = least(l.picked, l.units - n.units),
    put_back = l.put_back + greatest(l.picked - (l.units - n.units), 0)
from unnest(:tasks, :skus, :units) as n (task, sku, units) where l.task = n.task and l.sku = n.sku

-- name: unpack(tasks: uuid[])
-- Open packed work again: its parcels hold what is wanted no more.
with opened as (
    update commerce.pick_task set state = 'picked', packed_at = null where id = any(:tasks) and state = 'packed' returning id
)
delete from commerce.parcel p using opened where p.task = opened.id and p.handover is null

-- name: close_empty(tasks: uuid[], at: timestamptz) -> Given[]
-- Cancel work of which nothing is wanted any more.
update commerce.pick_task t set state = 'cancelled', done_at = :at
where id = any(:tasks) and state in ('open', 'picking', 'picked', 'packed', 'ready')
    and not exists (select from commerce.pick_line l where l.task = t.id and l.units > 0)
returning id, order_id, location

-- name: finish(tasks: uuid[], at: timestamptz) -> value[]
-- Say of work that somebody is at, and of which nothing is missing, that it is picked.
update commerce.pick_task t set state = 'picked', picked_at = :at
where id = any(:tasks) and state = 'picking'
    and not exists (select from commerce.pick_line l where l.task = t.id and l.picked < l.units)
returning id

-- name: unbacked(location: text, limit: int) -> Unbacked[]
-- Work whose units are not set aside, and units set aside for open orders that nobody is to take: none. Location '' for all.
select coalesce(w.order_id, h.holder), coalesce(w.sku, h.sku), coalesce(w.location, h.location),
    coalesce(w.units, 0)::bigint, coalesce(h.units, 0)::bigint
from (
    select t.order_id, l.sku, t.location, sum(l.units) as units
    from commerce.pick_task t join commerce.pick_line l on l.task = t.id
    where t.state in ('open', 'picking', 'picked', 'packed', 'ready') and l.units > 0 group by 1, 2, 3
) w full join (
    select h.holder, h.sku, h.location, h.units from commerce.hold h
    where exists (select from commerce.allocation a where a.order_id = h.holder)
) h on h.holder = w.order_id and h.sku = w.sku and h.location = w.location
where coalesce(w.units, 0) <> coalesce(h.units, 0)
    and (:location = '' or coalesce(w.location, h.location) = :location)
limit :limit
