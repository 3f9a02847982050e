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
-- Those of these parcels that are to have a label and have none yet.
select parcel from commerce.consignment where parcel = any(:parcels) and state in ('waiting', 'asking', 'refused')

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
