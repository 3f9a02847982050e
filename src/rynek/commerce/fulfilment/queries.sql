-- name: put_places(locations: text[], latitudes: double precision[], longitudes: double precision[], parcels: bigint[], tasks: int[], sends: boolean[], hands_out: boolean[], streets: text[], postcodes: text[], cities: text[])
-- Say what locations are to fulfilment.
insert into commerce.place (location, latitude, longitude, parcel_minor, tasks, sends, hands_out, street, postcode, city)
select * from unnest(:locations, :latitudes, :longitudes, :parcels, :tasks, :sends, :hands_out, :streets, :postcodes, :cities)
on conflict (location) do update set latitude = excluded.latitude, longitude = excluded.longitude,
    parcel_minor = excluded.parcel_minor, tasks = excluded.tasks, sends = excluded.sends, hands_out = excluded.hands_out,
    street = excluded.street, postcode = excluded.postcode, city = excluded.city

-- name: place_facts(location: text, after: text, limit: int) -> PlaceFacts[]
-- What locations are to fulfilment, by code; location '' for all.
select location, latitude, longitude, parcel_minor, tasks, sends, hands_out, street, postcode, city from commerce.place
where location > :after and (:location = '' or location = :location) order by location limit :limit

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
select o.id, o.number, o.channel, o.state, coalesce(k.country, o.agreed #>> '{terms,address,country}', ''),
    coalesce(k.postcode, o.agreed #>> '{terms,address,postcode}', ''), coalesce(d.kind, ''),
    coalesce(o.agreed #>> '{terms,point}', ''), exists (select from commerce.allocation a where a.order_id = o.id)
from commerce.sales_order o
left join commerce.delivery_option d on d.channel = o.channel and d.code = o.agreed #>> '{terms,delivery}'
left join lateral (select p.country, p.postcode from commerce.pickup_point p where d.kind = 'locker'
    and p.code = o.agreed #>> '{terms,point}' and p.carrier = coalesce(d.carrier, p.carrier) limit 1) k on true
where o.id = any(:ids) order by o.id for update of o

-- name: held(orders: uuid[]) -> Kept[]
-- What is set aside for orders, where.
select holder, sku, location, units from commerce.hold where holder = any(:orders) order by holder, sku, location

-- name: lists(orders: uuid[]) -> OnList[]
-- What is on the lists of orders, of work that is not over.
select t.order_id, t.id, t.location, t.state, l.sku, l.units, l.picked, l.by_lot
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

-- name: unpack(tasks: uuid[]) -> value[]
-- Open packed work again: its parcels hold what is wanted no more.
with opened as (
    update commerce.pick_task set state = 'picked', packed_at = null where id = any(:tasks) and state = 'packed' returning id
)
delete from commerce.parcel p using opened where p.task = opened.id and p.handover is null returning p.id

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

-- name: lock_tasks(ids: uuid[]) -> value[]
-- Lock work, in the order of its keys, before its lines.
select id from commerce.pick_task where id = any(:ids) order by id for update

-- name: task(id: uuid) -> Task?
-- Work, with how much of it is done.
select t.id, t.order_id, t.number, t.location, t.kind, t.state, t.priority, t.due_at, t.made_at, t.picker,
    coalesce(l.units, 0)::bigint, coalesce(l.picked, 0)::bigint,
    exists (select from commerce.order_hold h where h.order_id = t.order_id and h.lifted_at is null), t.shelf
from commerce.pick_task t
left join lateral (select sum(units) as units, sum(picked) as picked from commerce.pick_line where task = t.id) l on true
where t.id = :id

-- name: tasks(location: text, states: text[], limit: int) -> Task[]
-- Work of a location, most urgent first.
select t.id, t.order_id, t.number, t.location, t.kind, t.state, t.priority, t.due_at, t.made_at, t.picker,
    coalesce(l.units, 0)::bigint, coalesce(l.picked, 0)::bigint,
    exists (select from commerce.order_hold h where h.order_id = t.order_id and h.lifted_at is null), t.shelf
from commerce.pick_task t
left join lateral (select sum(units) as units, sum(picked) as picked from commerce.pick_line where task = t.id) l on true
where t.location = :location and t.state = any(:states)
order by t.priority, t.due_at, t.id limit :limit

-- name: tasks_of(order: uuid) -> Task[]
-- All work of an order.
select t.id, t.order_id, t.number, t.location, t.kind, t.state, t.priority, t.due_at, t.made_at, t.picker,
    coalesce(l.units, 0)::bigint, coalesce(l.picked, 0)::bigint,
    exists (select from commerce.order_hold h where h.order_id = t.order_id and h.lifted_at is null), t.shelf
from commerce.pick_task t
left join lateral (select sum(units) as units, sum(picked) as picked from commerce.pick_line where task = t.id) l on true
where t.order_id = :order order by t.id

-- name: lines(task: uuid) -> TaskLine[]
-- What is on a list, and where it stands.
select l.sku, coalesce(nullif(concat_ws(', ', p.name, nullif(v.name, '')), ''), l.sku), l.units, l.picked, l.put_back,
    b.aisle, b.position, coalesce(b.shelf, '')
from commerce.pick_line l
join commerce.pick_task t on t.id = l.task
left join commerce.bin b on b.location = t.location and b.sku = l.sku
left join commerce.variant v on v.sku = l.sku
left join commerce.product p on p.id = v.product
where l.task = :task order by l.sku

-- name: stops(picker: uuid, location: text) -> StopRow[]
-- What is missing on the lists that somebody is at, and where it stands.
select l.task, l.sku, coalesce(nullif(concat_ws(', ', p.name, nullif(v.name, '')), ''), l.sku), l.units - l.picked,
    b.aisle, b.position, coalesce(b.shelf, '')
from commerce.pick_task t
join commerce.pick_line l on l.task = t.id and l.picked < l.units
left join commerce.bin b on b.location = t.location and b.sku = l.sku
left join commerce.variant v on v.sku = l.sku
left join commerce.product p on p.id = v.product
where t.picker = :picker and t.location = :location and t.state = 'picking'

-- name: put_bins(location: text, skus: text[], aisles: int[], positions: int[], shelves: text[])
-- Say where items stand.
insert into commerce.bin (location, sku, aisle, position, shelf)
select :location, * from unnest(:skus, :aisles, :positions, :shelves)
on conflict (location, sku) do update set aisle = excluded.aisle, position = excluded.position, shelf = excluded.shelf

-- name: bins(location: text, after: text, limit: int) -> Bin[]
-- Where a location's items stand.
select sku, aisle, position, shelf from commerce.bin where location = :location and sku > :after order by sku limit :limit

-- name: claim(location: text, most: int, picker: uuid, at: timestamptz) -> value[]
-- Give somebody the most urgent work that nobody is at, of orders that nothing holds up.
with next as (
    select t.id from commerce.pick_task t
    where t.location = :location and t.state = 'open'
        and not exists (select from commerce.order_hold h where h.order_id = t.order_id and h.lifted_at is null)
    order by t.priority, t.due_at, t.id limit :most for update skip locked
)
update commerce.pick_task t set state = 'picking', picker = :picker, started_at = :at from next where t.id = next.id
returning t.id

-- name: move(task: uuid, state: text, picker: uuid, at: timestamptz)
-- Move work on.
update commerce.pick_task set state = :state, picker = :picker,
    started_at = case when :state = 'picking' then :at else started_at end,
    picked_at = case when :state = 'picked' then :at else picked_at end,
    packed_at = case when :state = 'packed' then :at else packed_at end,
    done_at = case when :state in ('sent', 'collected', 'expired', 'cancelled') then :at else done_at end
where id = :task

-- name: put_back(task: uuid)
-- Say that what was picked of a list goes back to the shelves.
update commerce.pick_line set put_back = put_back + picked, picked = 0 where task = :task and picked > 0

-- name: meant(task: uuid, code: text) -> Meant?
-- The item on a list that a code means: its own, or the number on its package; and what it is told by.
select l.sku, coalesce(k.by, 'none') from commerce.pick_line l left join commerce.variant v on v.sku = l.sku and v.active
left join commerce.tracked k on k.sku = l.sku
where l.task = :task and l.units > 0 and (l.sku = :code or v.gtin = :code or ltrim(v.gtin, '0') = :code)

-- name: scan(task: uuid, sku: text, units: bigint, by_lot: boolean)
-- Count units that were taken off the shelf.
update commerce.pick_line set picked = picked + :units, by_lot = by_lot or :by_lot where task = :task and sku = :sku

-- name: miss(id: uuid, task: uuid, sku: text, units: bigint, reason: text, at: timestamptz, actor: uuid, elsewhere: text[], waiting: bigint)
-- Write down what was not there, and what became of it.
insert into commerce.shortage (id, task, sku, units, reason, at, actor, elsewhere, waiting)
values (:id, :task, :sku, :units, :reason, :at, :actor, :elsewhere, :waiting)

-- name: shortages(task: uuid) -> Shortage[]
-- What was not there, and what became of it.
select at, sku, units, reason, elsewhere, waiting from commerce.shortage where task = :task order by at, id

-- name: backorder(order: uuid, sku: text, units: bigint, at: timestamptz)
-- Write down units that nobody has.
insert into commerce.backorder as b (order_id, sku, units, since) values (:order, :sku, :units, :at)
on conflict (order_id, sku) do update set units = b.units + excluded.units

-- name: backorders(limit: int) -> Backorder[]
-- Units that orders wait for, longest first: those that no place had, and those that were sold beyond stock.
select b.order_id, o.number, b.sku, b.units, b.since, b.promised_on
from (
    select order_id, sku, units, since, null::date as promised_on from commerce.backorder where units > 0
    union all
    select holder, sku, units, since, promised_on from commerce.awaited where units > 0
) b join commerce.sales_order o on o.id = b.order_id
order by b.since, b.order_id, b.sku limit :limit

-- name: waiting_for(skus: text[]) -> Backorder[]
-- Units of items that orders wait for, longest first.
select b.order_id, o.number, b.sku, b.units, b.since, null::date as promised_on from commerce.backorder b join commerce.sales_order o on o.id = b.order_id
where b.units > 0 and b.sku = any(:skus) order by b.since, b.order_id, b.sku

-- name: came(order: uuid, sku: text, units: bigint)
-- Count units that came in for an order.
update commerce.backorder set units = units - :units where order_id = :order and sku = :sku

-- name: that_wait(orders: uuid[]) -> value[]
-- Which of these orders wait for units.
select distinct order_id from commerce.backorder where order_id = any(:orders) and units > 0 order by order_id

-- name: wait_for(order: uuid, skus: text[], units: bigint[])
-- Wait for no more than so many units of items.
update commerce.backorder b set units = least(b.units, n.units) from unnest(:skus, :units) as n (sku, units)
where b.order_id = :order and b.sku = n.sku and b.units > n.units

-- name: drop_backorders(orders: uuid[])
-- Wait for nothing any more.
update commerce.backorder set units = 0 where order_id = any(:orders) and units > 0

-- name: number_parcels(count: int) -> value[]
-- Numbers for parcels that nobody else gets.
select nextval('commerce.parcel_number') from generate_series(1, :count)

-- name: pack(ids: uuid[], tasks: uuid[], orders: uuid[], locations: text[], carrier: text, trackings: text[], weights: bigint[], goods: text[], lots: text[], at: timestamptz)
-- Write down parcels.
insert into commerce.parcel (id, task, order_id, location, carrier, tracking, weight_g, goods, lots, packed_at)
select i, t, o, l, :carrier, r, w, g::json, s::json, :at
from unnest(:ids, :tasks, :orders, :locations, :trackings, :weights, :goods, :lots) as n (i, t, o, l, r, w, g, s)

-- name: sendings(orders: uuid[], locations: text[]) -> Sending[]
-- From whom to whom the parcels of orders go.
select n.o, n.l, o.number, (jsonb_build_object('email', o.email, 'country', coalesce(o.agreed #>> '{priced,country}', l.country))
        || coalesce(case when s.code is not null then jsonb_build_object('name', s.name, 'street', coalesce(sp.street, ''),
            'postcode', coalesce(sp.postcode, ''), 'city', coalesce(sp.city, ''), 'country', s.country) end,
            case when k.code is not null then (o.agreed #> '{terms,recipient}')::jsonb || jsonb_build_object(
                'street', k.street, 'postcode', k.postcode, 'city', k.city, 'country', k.country) end,
            (o.agreed #> '{terms,address}')::jsonb, (o.agreed #> '{terms,recipient}')::jsonb, '{}'))::text,
    case when d.kind = 'locker' then o.agreed #>> '{terms,point}' end,
    l.name, l.country, coalesce(p.street, ''), coalesce(p.postcode, ''), coalesce(p.city, '')
from unnest(:orders, :locations) as n (o, l)
join commerce.sales_order o on o.id = n.o
join commerce.location l on l.code = n.l
left join commerce.place p on p.location = n.l
left join commerce.delivery_option d on d.channel = o.channel and d.code = o.agreed #>> '{terms,delivery}'
left join commerce.location s on d.kind = 'pickup' and s.code = o.agreed #>> '{terms,point}'
left join commerce.place sp on sp.location = s.code
left join lateral (select * from commerce.pickup_point p where d.kind = 'locker'
    and p.code = o.agreed #>> '{terms,point}' and p.carrier = coalesce(d.carrier, p.carrier) limit 1) k on true

-- name: renumber(parcel: uuid, tracking: text)
-- Write down the number that a carrier gave a parcel.
update commerce.parcel set tracking = :tracking where id = :parcel and tracking <> :tracking

-- name: parcels_of_order(order: uuid) -> ParcelRow[]
-- The parcels of an order.
select p.id, p.order_id, p.task, p.location, p.carrier, p.tracking, p.weight_g, p.goods::text, p.packed_at, p.handover, t.number, p.lots::text
from commerce.parcel p join commerce.pick_task t on t.id = p.task
where p.order_id = :order order by p.id

-- name: found(number: bigint, email: text) -> Found?
-- The order that has this number and was bought with this e-mail.
select id, number, state from commerce.sales_order where number = :number and lower(email) = lower(:email)

-- name: parcels_of(task: uuid) -> ParcelRow[]
-- The parcels of a task.
select p.id, p.order_id, p.task, p.location, p.carrier, p.tracking, p.weight_g, p.goods::text, p.packed_at, p.handover, t.number, p.lots::text
from commerce.parcel p join commerce.pick_task t on t.id = p.task
where p.task = :task order by p.id

-- name: ready_to_go(location: text, carrier: text) -> ParcelRow[]
-- Parcels at a location that no carrier took yet; carrier '' for all.
select p.id, p.order_id, p.task, p.location, p.carrier, p.tracking, p.weight_g, p.goods::text, p.packed_at, p.handover, t.number, p.lots::text
from commerce.parcel p join commerce.pick_task t on t.id = p.task
where p.location = :location and p.handover is null and (:carrier = '' or p.carrier = :carrier) order by p.id

-- name: hand_over(id: uuid, location: text, carrier: text, at: timestamptz, actor: uuid, tasks: uuid[])
-- Write down what a carrier took, and that its work is done.
with h as (
    insert into commerce.handover (id, location, carrier, at, actor) values (:id, :location, :carrier, :at, :actor) returning id
), gone as (
    update commerce.parcel p set handover = h.id from h where p.task = any(:tasks) and p.handover is null
)
update commerce.pick_task set state = 'sent', done_at = :at where id = any(:tasks)

-- name: packed(tasks: uuid[], kind: text) -> OnList[]
-- Lock packed work of a kind, and tell what is in it.
select t.order_id, t.id, t.location, t.state, l.sku, l.units, l.picked, l.by_lot
from commerce.pick_task t join commerce.pick_line l on l.task = t.id and l.units > 0
where t.id = any(:tasks) and t.state = 'packed' and t.kind = :kind order by t.id, l.sku for update of t

-- name: handovers(location: text, since: timestamptz, until: timestamptz) -> HandoverRow[]
-- What carriers took at a location.
select h.id, h.location, h.carrier, h.at, (select count(*) from commerce.parcel p where p.handover = h.id)
from commerce.handover h where h.location = :location and h.at >= :since and h.at < :until order by h.at, h.id

-- name: handover(id: uuid) -> HandoverRow?
-- What a carrier took at once.
select h.id, h.location, h.carrier, h.at, (select count(*) from commerce.parcel p where p.handover = h.id)
from commerce.handover h where h.id = :id

-- name: handed_over(id: uuid) -> ParcelRow[]
-- The parcels that a carrier took at once.
select p.id, p.order_id, p.task, p.location, p.carrier, p.tracking, p.weight_g, p.goods::text, p.packed_at, p.handover, t.number, p.lots::text
from commerce.parcel p join commerce.pick_task t on t.id = p.task
where p.handover = :id order by p.id

-- name: known(ids: uuid[]) -> Task[]
-- Work, most urgent first.
select t.id, t.order_id, t.number, t.location, t.kind, t.state, t.priority, t.due_at, t.made_at, t.picker,
    coalesce(l.units, 0)::bigint, coalesce(l.picked, 0)::bigint,
    exists (select from commerce.order_hold h where h.order_id = t.order_id and h.lifted_at is null), t.shelf
from commerce.pick_task t
left join lateral (select sum(units) as units, sum(picked) as picked from commerce.pick_line where task = t.id) l on true
where t.id = any(:ids) order by t.priority, t.due_at, t.id

-- name: confirm(tasks: uuid[], location: text, picker: uuid)
-- Say that everything on somebody's lists was taken off the shelf, but what is told by lot: that is scanned.
update commerce.pick_line l set picked = l.units from commerce.pick_task t
where t.id = any(:tasks) and t.location = :location and t.picker = :picker and t.state = 'picking' and l.task = t.id
    and not exists (select from commerce.tracked k where k.sku = l.sku and k.by <> 'none')

-- name: whole(tasks: uuid[], location: text, picker: uuid) -> OnList[]
-- What is in somebody's work that is picked.
select t.order_id, t.id, t.location, t.state, l.sku, l.units, l.picked, l.by_lot
from commerce.pick_task t join commerce.pick_line l on l.task = t.id and l.picked > 0
where t.id = any(:tasks) and t.location = :location and t.picker = :picker and t.state = 'picked' and t.kind <> 'hand-out'
order by t.id, l.sku

-- name: packed_now(tasks: uuid[], at: timestamptz)
-- Say of work that it is packed.
update commerce.pick_task set state = 'packed', packed_at = :at where id = any(:tasks)

-- name: load(after: text, now: timestamptz, limit: int) -> Load[]
-- What there is to do at locations that serve a channel or have work, by code.
select a.code, a.name, coalesce(p.tasks, 100), coalesce(n.open, 0)::int, coalesce(n.begun, 0)::int, coalesce(n.packed, 0)::int,
    coalesce(n.ready, 0)::int, coalesce(n.late, 0)::int
from commerce.location a
left join commerce.place p on p.location = a.code
left join (
    select location, count(*) filter (where state = 'open') as open,
        count(*) filter (where state in ('picking', 'picked')) as begun, count(*) filter (where state = 'packed') as packed,
        count(*) filter (where state = 'ready') as ready,
        count(*) filter (where due_at < :now and state in ('open', 'picking', 'picked')) as late
    from commerce.pick_task where state in ('open', 'picking', 'picked', 'packed', 'ready') group by location
) n on n.location = a.code
where a.code > :after and (n.location is not null or exists (select from commerce.location_channel c where c.location = a.code))
order by a.code limit :limit

-- name: shelve(task: uuid, shelf: text, at: timestamptz)
-- Say of work that its goods lie ready for whoever ordered them.
update commerce.pick_task set state = 'ready', shelf = :shelf, packed_at = :at where id = :task

-- name: complete(orders: uuid[]) -> Complete[]
-- Orders whose goods are all ready where they are collected, and of which that was not said yet.
select o.id, o.number, o.channel, o.agreed #>> '{terms,point}'
from commerce.sales_order o
where o.id = any(:orders) and o.state = 'open'
    and exists (
        select from commerce.pick_task t where t.order_id = o.id and t.state = 'ready' and t.location = o.agreed #>> '{terms,point}')
    and not exists (
        select from commerce.pick_task t where t.order_id = o.id and t.state in ('open', 'picking', 'picked', 'packed'))
    and not exists (select from commerce.backorder b where b.order_id = o.id and b.units > 0)
    and not exists (select from commerce.awaited w where w.holder = o.id and w.units > 0)
    and not exists (select from commerce.collection c where c.order_id = o.id and c.state = 'ready')
order by o.id

-- name: put_ready(id: uuid, order: uuid, number: bigint, location: text, hash: bytea, at: timestamptz, remind: timestamptz, until: timestamptz) -> value?
-- Write down what lies ready; nothing where something waits there by the same code.
insert into commerce.collection (id, order_id, number, location, state, code_hash, ready_at, remind_at, until_at)
values (:id, :order, :number, :location, 'ready', :hash, :at, :remind, :until)
on conflict (location, code_hash) where state = 'ready' do nothing returning id

-- name: withdraw(orders: uuid[], at: timestamptz)
-- Say that nothing of orders lies ready any more.
update commerce.collection c set state = 'cancelled', done_at = :at
where c.order_id = any(:orders) and c.state = 'ready'
    and not exists (select from commerce.pick_task t where t.order_id = c.order_id and t.location = c.location and t.state = 'ready')

-- name: collections(location: text, state: text, number: bigint, limit: int) -> Collection[]
-- What lies ready at a location, or did; number 0 for all orders.
select c.id, c.order_id, c.number, c.location, c.state, c.ready_at, c.until_at, c.reminded_at, c.done_at, c.taken_by, c.document,
    coalesce((
        select string_agg(distinct t.shelf, ', ') from commerce.pick_task t
        where t.order_id = c.order_id and t.location = c.location and t.state = 'ready' and t.shelf <> ''), ''),
    coalesce((
        select sum(l.picked) from commerce.pick_task t join commerce.pick_line l on l.task = t.id
        where t.order_id = c.order_id and t.location = c.location and t.state = 'ready'), 0)::bigint
from commerce.collection c
where c.location = :location and c.state = :state and (:number = 0 or c.number = :number)
order by c.until_at, c.id limit :limit

-- name: collections_of(order: uuid) -> Collection[]
-- What of an order lay ready, the newest first.
select c.id, c.order_id, c.number, c.location, c.state, c.ready_at, c.until_at, c.reminded_at, c.done_at, c.taken_by, c.document, '', 0::bigint
from commerce.collection c where c.order_id = :order order by c.id desc

-- name: by_code(location: text, hash: bytea) -> Waits?
-- What waits, or waited, at a location by a code; the newest.
select id, order_id, state from commerce.collection where location = :location and code_hash = :hash
order by (state = 'ready') desc, id desc limit 1

-- name: by_number(location: text, number: bigint) -> Waits?
-- What waits, or waited, at a location by an order's number; the newest.
select id, order_id, state from commerce.collection where location = :location and number = :number
order by (state = 'ready') desc, id desc limit 1

-- name: lock_collection(id: uuid) -> Waits?
-- Lock what waits, after its order.
select id, order_id, state from commerce.collection where id = :id for update

-- name: shelved(order: uuid, location: text) -> OnList[]
-- Lock an order's work that is ready at a location, and tell what is in it.
select t.order_id, t.id, t.location, t.state, l.sku, l.units, l.picked, l.by_lot
from commerce.pick_task t join commerce.pick_line l on l.task = t.id and l.units > 0
where t.order_id = :order and t.location = :location and t.state = 'ready' order by t.id, l.sku for update of t

-- name: taken(id: uuid, tasks: uuid[], by: text, taker: text, by_code: boolean, document: boolean, clerk: uuid, at: timestamptz)
-- Say that goods were collected, and by whom.
with gone as (
    update commerce.pick_task set state = 'collected', done_at = :at where id = any(:tasks)
)
update commerce.collection set state = 'collected', done_at = :at, taken_by = :by, taker = :taker, by_code = :by_code,
    document = :document, clerk = :clerk
where id = :id

-- name: guess(location: text, at: timestamptz, until: timestamptz) -> Tries
-- Count a try of a code at a location, within a window that the first of them opens.
insert into commerce.pickup_guess as g (location, tries, until) values (:location, 1, :until)
on conflict (location) do update set
    tries = case when g.until <= :at then 1 else g.tries + 1 end,
    until = case when g.until <= :at then excluded.until else g.until end
returning tries, until

-- name: forgive(location: text)
-- Take a try back that was right.
update commerce.pickup_guess set tries = greatest(tries - 1, 0) where location = :location

-- name: extend(id: uuid, until: timestamptz, remind: timestamptz) -> Collection?
-- Let goods lie longer; who ordered them is reminded anew.
update commerce.collection c set until_at = :until, remind_at = :remind, reminded_at = null
where c.id = :id and c.state = 'ready'
returning c.id, c.order_id, c.number, c.location, c.state, c.ready_at, c.until_at, c.reminded_at, c.done_at, c.taken_by, c.document, '', 0::bigint

-- name: collection(id: uuid) -> Collection?
-- What lies ready, or did.
select c.id, c.order_id, c.number, c.location, c.state, c.ready_at, c.until_at, c.reminded_at, c.done_at, c.taken_by, c.document, '', 0::bigint
from commerce.collection c where c.id = :id

-- name: remind(at: timestamptz, limit: int) -> Collection[]
-- Say of those whose time has come that they are reminded.
with due as (
    select id from commerce.collection where state = 'ready' and reminded_at is null and remind_at <= :at
    order by remind_at, id limit :limit for update skip locked
)
update commerce.collection c set reminded_at = :at from due where c.id = due.id
returning c.id, c.order_id, c.number, c.location, c.state, c.ready_at, c.until_at, c.reminded_at, c.done_at, c.taken_by, c.document, '', 0::bigint

-- name: overdue(at: timestamptz, limit: int) -> value[]
-- Orders whose goods have lain too long.
select order_id from commerce.collection where state = 'ready' and until_at <= :at order by until_at, id limit :limit

-- name: lapse(order: uuid, at: timestamptz) -> Collection?
-- Say of goods that lay too long that nobody collects them; what was picked goes back to the shelves.
with late as (
    update commerce.collection c set state = 'expired', done_at = :at
    where c.order_id = :order and c.state = 'ready' and c.until_at <= :at returning c.*
), tasks as (
    update commerce.pick_task t set state = 'expired', done_at = :at from late
    where t.order_id = late.order_id and t.location = late.location and t.state = 'ready' returning t.id
), lines as (
    update commerce.pick_line l set put_back = l.put_back + l.picked, picked = 0 from tasks where l.task = tasks.id
)
select c.id, c.order_id, c.number, c.location, c.state, c.ready_at, c.until_at, c.reminded_at, c.done_at, c.taken_by, c.document, '', 0::bigint
from late c

-- name: put_away(task: uuid)
-- Say that all that was to be put back of a list is back on its shelf.
update commerce.pick_line set returned = put_back where task = :task and returned < put_back

-- name: to_put_away(location: text, limit: int) -> PutAway[]
-- What is to be put back at a location, in the order of lists.
select t.id, t.number, t.state, t.shelf, l.sku, coalesce(nullif(concat_ws(', ', p.name, nullif(v.name, '')), ''), l.sku),
    l.put_back - l.returned, b.aisle, b.position, coalesce(b.shelf, '')
from commerce.pick_task t
join commerce.pick_line l on l.task = t.id and l.returned < l.put_back
left join commerce.bin b on b.location = t.location and b.sku = l.sku
left join commerce.variant v on v.sku = l.sku
left join commerce.product p on p.id = v.product
where t.location = :location order by t.id, l.sku limit :limit

-- name: arrivals(location: text, task: uuid, limit: int) -> Arriving[]
-- What is on its way to a location to be collected there; task null for all of it.
select t.id, t.order_id, t.number, t.location, t.done_at, coalesce((select sum(l.picked) from commerce.pick_line l where l.task = t.id), 0)::bigint,
    coalesce((select string_agg(p.tracking, ', ' order by p.id) from commerce.parcel p where p.task = t.id), '')
from commerce.transfer f join commerce.pick_task t on t.id = f.id
where f.destination = :location and f.received_at is null and t.kind = 'bring' and t.state = 'sent' and (:task is null or t.id = :task)
order by f.sent_at, t.id limit :limit

-- name: points(orders: uuid[]) -> Pointed[]
-- Where orders are collected, of those that are at a shop.
select o.id, o.agreed #>> '{terms,point}' from commerce.sales_order o
join commerce.delivery_option d on d.channel = o.channel and d.code = o.agreed #>> '{terms,delivery}' and d.kind = 'pickup'
where o.id = any(:orders) and o.agreed #>> '{terms,point}' is not null

-- name: waits(order: uuid) -> Backorder[]
-- Units that an order waits for.
select b.order_id, o.number, b.sku, b.units, b.since, null::date as promised_on from commerce.backorder b join commerce.sales_order o on o.id = b.order_id
where b.order_id = :order and b.units > 0 order by b.sku
