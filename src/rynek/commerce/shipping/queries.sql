-- name: carriers() -> CarrierRow[]
-- All carriers.
select code, active, body::text, sealed from commerce.carrier order by code

-- name: carrier(code: text) -> CarrierRow?
-- A carrier.
select code, active, body::text, sealed from commerce.carrier where code = :code

-- name: known(codes: text[]) -> value[]
-- Those of these carriers that are in use.
select code from commerce.carrier where code = any(:codes) and active

-- name: put_carrier(code: text, kind: text, active: boolean, body: text)
-- Write a carrier; its credentials stay.
insert into commerce.carrier (code, kind, active, body) values (:code, :kind, :active, :body::json)
on conflict (code) do update set kind = excluded.kind, active = excluded.active, body = excluded.body

-- name: seal(code: text, sealed: bytea) -> value?
-- Keep what we are known by at a carrier.
update commerce.carrier set sealed = :sealed where code = :code returning code

-- name: book(parcels: uuid[], orders: uuid[], locations: text[], carriers: text[], bodies: text[], at: timestamptz)
-- Write down parcels that need a label.
insert into commerce.consignment (parcel, order_id, location, carrier, body, made_at)
select p, o, l, c, b::json, :at from unnest(:parcels, :orders, :locations, :carriers, :bodies) as n (p, o, l, c, b)

-- name: ask(parcel: uuid, at: timestamptz) -> Row?
-- Go to the carrier for a parcel's label; gives what was known before.
with before as (
    select * from commerce.consignment where parcel = :parcel and state in ('waiting', 'asking') for update
), now as (
    update commerce.consignment c set state = 'asking', tries = c.tries + 1,
        asked_at = case when c.state = 'waiting' then :at else c.asked_at end
    from before b where c.parcel = b.parcel
)
select parcel, order_id, location, carrier, state, body::text, tries, asked_at, why, tracking, outside, file, standing,
    looks, made_at, labelled_at
from before

-- name: asked_now(parcel: uuid, at: timestamptz)
-- Nothing came of what was asked before: it is asked anew.
update commerce.consignment set asked_at = :at where parcel = :parcel and state = 'asking'

-- name: unanswered(parcel: uuid, why: text, untouched: boolean)
-- Write down why there is no label yet. Untouched: the carrier did not hear of it.
update commerce.consignment set why = :why, state = case when :untouched then 'waiting' else state end
where parcel = :parcel and state = 'asking'

-- name: refuse(parcel: uuid, why: text) -> value?
-- Write down that the carrier does not take a parcel as it is.
update commerce.consignment set state = 'refused', why = :why where parcel = :parcel and state = 'asking' returning parcel

-- name: labelled(parcel: uuid, tracking: text, outside: text, file: text, at: timestamptz) -> value?
-- Write down a parcel's label, unless it is not wanted any more.
update commerce.consignment set state = 'labelled', why = '', tracking = :tracking, outside = :outside, file = :file,
    labelled_at = :at
where parcel = :parcel and state = 'asking' returning parcel

-- name: again(parcel: uuid) -> value?
-- Let a label be asked for again.
update commerce.consignment set state = 'waiting', tries = 0, why = '', tracking = null, outside = '', file = null,
    labelled_at = null, asked_at = null
where parcel = :parcel and state in ('refused', 'cancelled') returning parcel

-- name: withdraw(parcels: uuid[]) -> Withdrawn[]
-- Want no label for these any more; gives those that were wanted.
with gone as (
    select parcel from commerce.consignment where parcel = any(:parcels) and state <> 'cancelled' order by parcel for update
)
update commerce.consignment c set state = 'cancelled' from gone where c.parcel = gone.parcel
returning c.parcel, c.order_id, c.carrier, c.tracking, c.outside

-- name: lacking(parcels: uuid[]) -> value[]
-- Lock these parcels; gives those that are to have a label and have none.
with them as (select parcel, state from commerce.consignment where parcel = any(:parcels) order by parcel for update)
select parcel from them where state <> 'labelled'

-- name: take(parcels: uuid[], at: timestamptz) -> Withdrawn[]
-- Write down that carriers have these parcels now; gives those of which that is news.
with them as (
    select parcel from commerce.consignment where parcel = any(:parcels) and state = 'labelled' order by parcel for update
), seen as (
    insert into commerce.sighting (parcel, at, status, note, place)
    select parcel, :at, 'collected', '', '' from them on conflict do nothing
)
update commerce.consignment c set standing = 'collected' from them where c.parcel = them.parcel and c.standing = 'announced'
returning c.parcel, c.order_id, c.carrier, c.tracking, c.outside

-- name: consignment(parcel: uuid) -> Row?
-- A parcel with a carrier.
select parcel, order_id, location, carrier, state, body::text, tries, asked_at, why, tracking, outside, file, standing,
    looks, made_at, labelled_at
from commerce.consignment where parcel = :parcel

-- name: consignments(parcels: uuid[]) -> Row[]
-- Parcels with carriers.
select parcel, order_id, location, carrier, state, body::text, tries, asked_at, why, tracking, outside, file, standing,
    looks, made_at, labelled_at
from commerce.consignment where parcel = any(:parcels) order by made_at, parcel

-- name: listed(carrier: text, state: text, location: text, before: timestamptz, limit: int) -> Row[]
-- Parcels with carriers, newest first; '' for all.
select parcel, order_id, location, carrier, state, body::text, tries, asked_at, why, tracking, outside, file, standing,
    looks, made_at, labelled_at
from commerce.consignment
where (:carrier = '' or carrier = :carrier) and (:state = '' or state = :state)
    and (:location = '' or location = :location) and (:before is null or made_at < :before)
order by made_at desc, parcel limit :limit

-- name: by_number(carrier: text, numbers: text[]) -> Row[]
-- Lock parcels of a carrier by their numbers, in the order of their keys.
select parcel, order_id, location, carrier, state, body::text, tries, asked_at, why, tracking, outside, file, standing,
    looks, made_at, labelled_at
from commerce.consignment where carrier = :carrier and tracking = any(:numbers) and state = 'labelled'
order by parcel for update

-- name: lock(parcel: uuid) -> Row?
-- Lock a parcel with a carrier.
select parcel, order_id, location, carrier, state, body::text, tries, asked_at, why, tracking, outside, file, standing,
    looks, made_at, labelled_at
from commerce.consignment where parcel = :parcel for update

-- name: see(parcel: uuid, ats: timestamptz[], statuses: text[], notes: text[], places: text[])
-- Write down where a parcel was seen; what is known already is not written again.
insert into commerce.sighting (parcel, at, status, note, place)
select :parcel, * from unnest(:ats, :statuses, :notes, :places) on conflict do nothing

-- name: sights(parcels: uuid[]) -> SightRow[]
-- Where parcels were seen.
select parcel, at, status, note, place from commerce.sighting where parcel = any(:parcels) order by at, status, note

-- name: stand(parcel: uuid, standing: text)
-- Write down where a parcel stands.
update commerce.consignment set standing = :standing where parcel = :parcel

-- name: looked(parcel: uuid) -> value
-- Count a look at where a parcel is.
update commerce.consignment set looks = looks + 1 where parcel = :parcel returning looks

-- name: put_points(carrier: text, codes: text[], names: text[], streets: text[], postcodes: text[], cities: text[], countries: text[], latitudes: double precision[], longitudes: double precision[], hours: text[], pays: boolean[], actives: boolean[])
-- Add or change where a carrier's parcels are collected.
insert into commerce.pickup_point
    (carrier, code, name, street, postcode, city, country, latitude, longitude, hours, pays, active)
select :carrier, * from unnest(:codes, :names, :streets, :postcodes, :cities, :countries, :latitudes, :longitudes, :hours, :pays, :actives)
on conflict (carrier, code) do update set name = excluded.name, street = excluded.street, postcode = excluded.postcode,
    city = excluded.city, country = excluded.country, latitude = excluded.latitude, longitude = excluded.longitude,
    hours = excluded.hours, pays = excluded.pays, active = excluded.active

-- name: shut_others(carrier: text, codes: text[]) -> value[]
-- Shut the points of a carrier that it does not list any more.
update commerce.pickup_point set active = false
where carrier = :carrier and active and not code = any(:codes) returning code

-- name: kept_points(carrier: text, after: text, limit: int) -> Point[]
-- Where a carrier's parcels are collected, by code; those that are shut too.
select code, name, street, postcode, city, country, latitude, longitude, hours, pays, active
from commerce.pickup_point where carrier = :carrier and code > :after order by code limit :limit

-- name: put_windows(ids: uuid[], channels: text[], deliveries: text[], areas: text[], begins: timestamptz[], ends: timestamptz[], closes: timestamptz[], capacities: int[], counts: text[], actives: boolean[])
-- Add or change hours of delivery; what is taken of them stays.
insert into commerce.delivery_window
    (id, channel, delivery, area, begins_at, ends_at, closes_at, capacity, counts, active)
select * from unnest(:ids, :channels, :deliveries, :areas, :begins, :ends, :closes, :capacities, :counts, :actives)
on conflict (channel, delivery, area, begins_at) do update set ends_at = excluded.ends_at,
    closes_at = excluded.closes_at, capacity = excluded.capacity, counts = excluded.counts, active = excluded.active

-- name: windows(channel: text, since: timestamptz, until: timestamptz) -> Window[]
-- A channel's hours of delivery, and how full they are.
select id, channel, delivery, area, begins_at, ends_at, closes_at, capacity, counts, active, taken
from commerce.delivery_window where channel = :channel and begins_at >= :since and begins_at < :until
order by begins_at, delivery, area limit 2000

-- name: open_windows(channel: text, delivery: text, postcode: text, at: timestamptz, until: timestamptz) -> Window[]
-- Hours that can still be had for a postcode.
select id, channel, delivery, area, begins_at, ends_at, closes_at, capacity, counts, active, taken
from commerce.delivery_window
where channel = :channel and delivery = :delivery and starts_with(:postcode, area) and active and closes_at > :at
    and begins_at < :until and taken < capacity
order by begins_at, length(area) desc, id limit 200

-- name: lock_windows(ids: uuid[]) -> Window[]
-- Lock hours of delivery, in the order of their keys.
select id, channel, delivery, area, begins_at, ends_at, closes_at, capacity, counts, active, taken
from commerce.delivery_window where id = any(:ids) order by id for update

-- name: take_slots(orders: uuid[], wins: uuid[], units: int[])
-- Give orders their hours.
with given as (
    insert into commerce.delivery_slot (order_id, win, units) select * from unnest(:orders, :wins, :units)
    returning win, units
)
update commerce.delivery_window w set taken = w.taken + g.units
from (select win, sum(units)::int as units from given group by win) g where w.id = g.win

-- name: free_slots(orders: uuid[])
-- Give back the hours of orders; what is given back already is not given back again.
with gone as (
    delete from commerce.delivery_slot where order_id = any(:orders) returning win, units
)
update commerce.delivery_window w set taken = w.taken - g.units
from (select win, sum(units)::int as units from gone group by win) g where w.id = g.win

-- name: slot(order: uuid) -> Slot?
-- The hours an order has.
select s.order_id, s.win, s.units, w.channel, w.delivery, w.begins_at, w.ends_at, w.closes_at
from commerce.delivery_slot s join commerce.delivery_window w on w.id = s.win where s.order_id = :order

-- name: lock_slot(order: uuid) -> Slot?
-- Lock the hours an order has.
select s.order_id, s.win, s.units, w.channel, w.delivery, w.begins_at, w.ends_at, w.closes_at
from commerce.delivery_slot s join commerce.delivery_window w on w.id = s.win where s.order_id = :order for update of s
