-- name: put_locations(codes: text[], names: text[], kinds: text[], countries: text[], actives: boolean[])
-- Add or change locations.
insert into commerce.location (code, name, kind, country, active)
select * from unnest(:codes, :names, :kinds, :countries, :actives)
on conflict (code) do update set name = excluded.name, kind = excluded.kind, country = excluded.country, active = excluded.active

-- name: locations(after: text, limit: int) -> Location[]
-- Stores and warehouses, by code.
select code, name, kind, country, active from commerce.location where code > :after order by code limit :limit

-- name: clear_routes(channel: text)
-- Forget which locations serve a channel.
delete from commerce.location_channel where channel = :channel

-- name: put_routes(channel: text, locations: text[], ranks: int[])
-- Say which locations serve a channel.
insert into commerce.location_channel (channel, location, rank) select :channel, * from unnest(:locations, :ranks)

-- name: routes(channel: text) -> Route[]
-- The locations that serve a channel, first asked first.
select location, rank from commerce.location_channel where channel = :channel order by rank, location

-- name: put_safety(channel: text, locations: text[], skus: text[], units: bigint[])
-- Keep units back from a channel.
insert into commerce.safety (channel, location, sku, units)
select :channel, * from unnest(:locations, :skus, :units)
on conflict (channel, location, sku) do update set units = excluded.units

-- name: safety(channel: text) -> Safety[]
-- What is kept back from a channel.
select location, units, sku from commerce.safety where channel = :channel order by location, sku

-- name: levels(skus: text[], location: text, after: text, limit: int) -> Level[]
-- What locations have of items; location '' for all of them.
select sku, location, on_hand, held, inbound, by_lot from commerce.level
where sku = any(:skus) and (:location = '' or location = :location) and sku || '@' || location > :after
order by sku || '@' || location limit :limit

-- name: totals(skus: text[], location: text) -> Total[]
-- What all locations have of items together; location '' for all of them.
select sku, sum(on_hand)::bigint, sum(held)::bigint, sum(inbound)::bigint, count(*), count(*) filter (where on_hand < 0)
from commerce.level where sku = any(:skus) and (:location = '' or location = :location) group by sku order by sku

-- name: shelf(location: text, after: text, limit: int) -> Level[]
-- Everything a location has, by item.
select sku, location, on_hand, held, inbound, by_lot from commerce.level
where location = :location and sku > :after order by sku limit :limit

-- name: owing(location: text, limit: int) -> Level[]
-- Levels below zero; location '' for all.
select sku, location, on_hand, held, inbound, by_lot from commerce.level
where on_hand < 0 and (:location = '' or location = :location) order by on_hand, sku limit :limit

-- name: available(channel: text, skus: text[]) -> Available[]
-- What a channel may promise of items: free at its locations, less safety stock.
select s.sku, coalesce(sum(greatest(l.on_hand - l.held - coalesce(y.units, a.units, 0), 0)) filter (where p.active), 0)::bigint,
    coalesce(sum(l.inbound) filter (where p.active), 0)::bigint
from unnest(:skus) as s (sku)
left join commerce.location_channel c on c.channel = :channel
left join commerce.location p on p.code = c.location
left join commerce.level l on l.sku = s.sku and l.location = c.location
left join commerce.safety y on y.channel = c.channel and y.location = c.location and y.sku = s.sku
left join commerce.safety a on a.channel = c.channel and a.location = c.location and a.sku = ''
group by s.sku order by s.sku

-- name: lock_levels(channels: text[], skus: text[], wanted: bigint[]) -> Candidate[]
-- Lock, in key order, the levels that may serve these needs: of each channel's locations with free units the first that
-- have enough together.
select l.sku, l.location, l.on_hand - l.held, k.channel, k.rank, k.safety
from commerce.level l join (
    select w.channel, w.sku, b.location, b.rank, b.safety
    from unnest(:channels, :skus, :wanted) as w (channel, sku, wanted)
    cross join lateral (
        select c.location, c.rank, coalesce(y.units, a.units, 0) as safety,
            coalesce(sum(v.on_hand - v.held - coalesce(y.units, a.units, 0)) over (
                order by c.rank, c.location rows between unbounded preceding and 1 preceding), 0) as before
        from commerce.location_channel c
        join commerce.location p on p.code = c.location and p.active
        join commerce.level v on v.sku = w.sku and v.location = c.location
        left join commerce.safety y on y.channel = c.channel and y.location = c.location and y.sku = w.sku
        left join commerce.safety a on a.channel = c.channel and a.location = c.location and a.sku = ''
        where c.channel = w.channel and v.on_hand - v.held > coalesce(y.units, a.units, 0)
    ) b where b.before < w.wanted
) k on k.sku = l.sku and k.location = l.location
order by l.sku, l.location for update of l

-- name: lock_rest(channels: text[], skus: text[]) -> Candidate[]
-- Lock every level with free units that may serve these needs, at once or not at all.
select l.sku, l.location, l.on_hand - l.held, c.channel, c.rank, coalesce(y.units, a.units, 0)
from unnest(:channels, :skus) as w (channel, sku)
join commerce.location_channel c on c.channel = w.channel
join commerce.location p on p.code = c.location and p.active
join commerce.level l on l.sku = w.sku and l.location = c.location
left join commerce.safety y on y.channel = c.channel and y.location = c.location and y.sku = w.sku
left join commerce.safety a on a.channel = c.channel and a.location = c.location and a.sku = ''
where l.on_hand - l.held > coalesce(y.units, a.units, 0)
order by l.sku, l.location for update of l nowait

-- name: hold(holders: uuid[], skus: text[], locations: text[], units: bigint[], untils: timestamptz[])
-- Set units aside: the holds, and the levels they weigh on.
with h as (
    insert into commerce.hold (holder, sku, location, units, until)
    select * from unnest(:holders, :skus, :locations, :units, :untils)
    on conflict (holder, sku, location) do update set units = hold.units + excluded.units
)
update commerce.level l set held = l.held + n.units
from (select sku, location, sum(units)::bigint as units from unnest(:skus, :locations, :units) as n (sku, location, units)
    group by sku, location) n
where l.sku = n.sku and l.location = n.location

-- name: held(holders: uuid[]) -> Pick[]
-- Lock the levels on which these holders have units, in key order.
select l.sku, l.location, 0::bigint from commerce.level l
where (l.sku, l.location) in (select sku, location from commerce.hold where holder = any(:holders))
order by l.sku, l.location for update

-- name: kept(holder: uuid) -> value
-- Whether units are set aside for a holder for good, as orders have them.
select exists (select from commerce.hold where holder = :holder and until is null)

-- name: release(holder: uuid) -> Pick[]
-- Give a holder's units back; gives what they were.
with gone as (delete from commerce.hold where holder = :holder returning sku, location, units),
freed as (
    update commerce.level l set held = l.held - g.units from gone g where l.sku = g.sku and l.location = g.location
)
select sku, location, units from gone order by sku, location

-- name: lapsed(at: timestamptz, limit: int) -> value[]
-- Holders whose time is up.
select distinct holder from (
    select holder from commerce.hold where until <= :at order by until limit :limit
) h

-- name: lapse(holder: uuid, at: timestamptz) -> Pick[]
-- Give a holder's units back whose time is up.
with gone as (delete from commerce.hold where holder = :holder and until <= :at returning sku, location, units),
freed as (
    update commerce.level l set held = l.held - g.units from gone g where l.sku = g.sku and l.location = g.location
)
select sku, location, units from gone order by sku, location

-- name: ship(holder: uuid, at: timestamptz, reference: text) -> Gone[]
-- Let a holder's units leave: hold, level and ledger together.
with gone as (delete from commerce.hold where holder = :holder returning sku, location, units),
left_ as (
    update commerce.level l set held = l.held - g.units, on_hand = l.on_hand - g.units
    from gone g where l.sku = g.sku and l.location = g.location
    returning l.sku, l.location, g.units, l.by_lot
),
written as (
    insert into commerce.stock_entry (at, sku, location, units, cause, reference)
    select :at, sku, location, -units, 'shipment', :reference from gone
)
select g.sku, g.location, g.units, coalesce(l.by_lot, false)
from gone g left join left_ l on l.sku = g.sku and l.location = g.location order by g.sku, g.location

-- name: held_picks(holder: uuid) -> Pick[]
-- What a holder has set aside, where.
select sku, location, units from commerce.hold where holder = :holder order by sku, location

-- name: lock_at(skus: text[], locations: text[]) -> Pick[]
-- Lock levels in key order; gives what is free at each.
select sku, location, on_hand - held from commerce.level
where (sku, location) in (select * from unnest(:skus, :locations)) order by sku, location for update

-- name: take_from_hold(holder: uuid, skus: text[], locations: text[], units: bigint[]) -> Pick[]
-- Take units off a holder's holds; gives those of which there were as many.
with n as materialized (
    select h.sku, h.location, w.units, h.units - w.units as left_
    from commerce.hold h join unnest(:skus, :locations, :units) as w (sku, location, units) using (sku, location)
    where h.holder = :holder and h.units >= w.units
), gone as (
    delete from commerce.hold h using n where h.holder = :holder and h.sku = n.sku and h.location = n.location and n.left_ = 0
), less as (
    update commerce.hold h set units = n.left_ from n
    where h.holder = :holder and h.sku = n.sku and h.location = n.location and n.left_ > 0
), freed as (
    update commerce.level l set held = l.held - n.units from n where l.sku = n.sku and l.location = n.location
)
select sku, location, units from n order by sku, location

-- name: kept_at(holders: uuid[]) -> Kept[]
-- What holders have set aside, where.
select holder, sku, location, units from commerce.hold where holder = any(:holders)

-- name: take_from_holds(holders: uuid[], skus: text[], locations: text[], units: bigint[])
-- Take units off holds that have as many, and off the levels they weigh on.
with n as materialized (
    select h.holder, h.sku, h.location, w.units, h.units - w.units as left_
    from commerce.hold h join unnest(:holders, :skus, :locations, :units) as w (holder, sku, location, units)
        using (holder, sku, location)
), gone as (
    delete from commerce.hold h using n
    where h.holder = n.holder and h.sku = n.sku and h.location = n.location and n.left_ = 0
), less as (
    update commerce.hold h set units = n.left_ from n
    where h.holder = n.holder and h.sku = n.sku and h.location = n.location and n.left_ > 0
)
update commerce.level l set held = l.held - t.units
from (select sku, location, sum(units)::bigint as units from n group by sku, location) t
where l.sku = t.sku and l.location = t.location

-- name: leave(skus: text[], locations: text[], units: bigint[], references: text[], at: timestamptz) -> Gone[]
-- Let units that were just taken off holds leave: level and ledger together; gives those that are told by lot.
with left_ as (
    update commerce.level l set on_hand = l.on_hand - n.units
    from (select sku, location, sum(units)::bigint as units from unnest(:skus, :locations, :units) as w (sku, location, units)
        group by sku, location) n
    where l.sku = n.sku and l.location = n.location
    returning l.sku, l.location, n.units, l.by_lot
), written as (
    insert into commerce.stock_entry (at, sku, location, units, cause, reference)
    select :at, sku, location, -units, 'shipment', reference
    from unnest(:skus, :locations, :units, :references) as n (sku, location, units, reference)
)
select sku, location, units, by_lot from left_ where by_lot order by sku, location

-- name: document_kind(location: text, reference: text) -> value
-- What kind of document was taken in under a number.
select kind from commerce.stock_document where location = :location and reference = :reference

-- name: document(location: text, reference: text, kind: text, reason: text, at: timestamptz) -> value?
-- Take a document in, once.
insert into commerce.stock_document (location, reference, kind, reason, at)
values (:location, :reference, :kind, :reason, :at) on conflict do nothing returning reference

-- name: open_levels(skus: text[], locations: text[])
-- Begin levels that are not there yet, at nothing, and lock those that are: all in the order of their keys. Apart from ``move``, because an insert that meets a row is held to the
-- row's checks as if it were new: what leaves a warehouse would be refused.
insert into commerce.level (sku, location, may_owe, by_lot)
select m.sku, m.location, coalesce(p.kind = 'store', false), k.sku is not null
from unnest(:skus, :locations) with ordinality as m (sku, location, n)
left join commerce.location p on p.code = m.location
left join commerce.tracked k on k.sku = m.sku and k.by <> 'none' order by m.n
on conflict (sku, location) do update set may_owe = level.may_owe where false

-- name: move(skus: text[], locations: text[], units: bigint[], inbound: bigint[]) -> After[]
-- Move levels, locked in the order of their keys; gives what is on hand after, in the order given.
with m as (
    select * from unnest(:skus, :locations, :units, :inbound) with ordinality as m (sku, location, units, inbound, n)
), locked as materialized (
    select l.sku, l.location from commerce.level l join m using (sku, location) order by l.sku, l.location for update of l
), moved as (
    update commerce.level l set on_hand = l.on_hand + m.units, inbound = greatest(l.inbound + m.inbound, 0)
    from m join locked using (sku, location) where l.sku = m.sku and l.location = m.location
    returning l.sku, l.location, l.on_hand, l.by_lot
)
select moved.on_hand, moved.by_lot from moved join m using (sku, location) order by m.n

-- name: sell(skus: text[], locations: text[], units: bigint[]) -> After[]
-- Move levels by many documents at once, in the order given (which is that of their keys); gives what is on hand after.
insert into commerce.level as l (sku, location, on_hand, may_owe, by_lot)
select m.sku, m.location, m.units, true, exists (select from commerce.tracked k where k.sku = m.sku and k.by <> 'none')
from unnest(:skus, :locations, :units) as m (sku, location, units)
on conflict (sku, location) do update set on_hand = l.on_hand + excluded.on_hand
returning l.on_hand, l.by_lot

-- name: may_go(location: text, skus: text[]) -> Pick[]
-- Lock levels in key order, and tell how many units may go from each: at a store whatever is gone, at a warehouse what is
-- not set aside.
select sku, location, case when may_owe then 1000000000 else greatest(on_hand - held, 0) end from commerce.level
where location = :location and sku = any(:skus) order by sku for update

-- name: lock_counted(location: text, skus: text[]) -> Level[]
-- Lock the levels that are counted, in key order.
select sku, location, on_hand, held, inbound, by_lot from commerce.level
where location = :location and sku = any(:skus) order by sku for update

-- name: ledger(sku: text, location: text, before: timestamptz, limit: int) -> Entry[]
-- Why a level is as it is, newest first; location '' for all.
select at, sku, location, units, cause, reference from commerce.stock_entry
where sku = :sku and (:location = '' or location = :location) and at < :before order by at desc limit :limit

-- name: send(id: uuid, origin: text, destination: text, at: timestamptz, skus: text[], units: bigint[])
-- Write a transfer that leaves.
with t as (
    insert into commerce.transfer (id, origin, destination, sent_at) values (:id, :origin, :destination, :at) returning id
)
insert into commerce.transfer_line (transfer, sku, units) select t.id, n.sku, n.units from t, unnest(:skus, :units) as n (sku, units)

-- name: arrive(id: uuid, at: timestamptz) -> value?
-- Mark a transfer as received, once; gives where.
update commerce.transfer set received_at = :at where id = :id and received_at is null returning destination

-- name: transfer(id: uuid) -> TransferRow?
-- A transfer.
select id, origin, destination, sent_at, received_at from commerce.transfer where id = :id

-- name: transfer_lines(id: uuid) -> Line[]
-- What is in a transfer.
select sku, units from commerce.transfer_line where transfer = :id order by sku

-- name: receive_lines(id: uuid, skus: text[], units: bigint[])
-- Write down how much of a transfer arrived.
update commerce.transfer_line l set received = n.units
from unnest(:skus, :units) as n (sku, units) where l.transfer = :id and l.sku = n.sku

-- name: unbalanced(location: text, limit: int) -> Unbalanced[]
-- Levels that are not the sum of their ledger, their holds, or their lots; nor lots that of theirs and of what lists
-- have: none, ever. Location '' for all of them.
select l.sku, l.location, l.on_hand, coalesce(e.units, 0)::bigint, l.held, coalesce(h.units, 0)::bigint,
    case when l.by_lot then coalesce(o.units, 0) end::bigint, case when l.by_lot then coalesce(n.units, 0) end::bigint
from commerce.level l
left join (select sku, location, sum(units) as units from commerce.stock_entry group by 1, 2) e using (sku, location)
left join (select sku, location, sum(units) as units from commerce.hold group by 1, 2) h using (sku, location)
left join (select sku, location, sum(units) as units from commerce.lot_level group by 1, 2) o using (sku, location)
left join (select sku, location, sum(units) as units from commerce.lot_entry group by 1, 2) n using (sku, location)
where (l.on_hand <> coalesce(e.units, 0) or l.held <> coalesce(h.units, 0)
    or l.by_lot and (l.on_hand <> coalesce(o.units, 0) or l.on_hand <> coalesce(n.units, 0) or exists (
        select from commerce.lot_level t where t.sku = l.sku and t.location = l.location and t.taken <> (
            select coalesce(sum(k.units), 0) from commerce.lot_taken k
            where k.sku = t.sku and k.location = t.location and k.lot = t.lot))))
    and (:location = '' or l.location = :location)
limit :limit

-- name: sold(skus: text[], since: timestamptz, until: timestamptz) -> Sold[]
-- Units of items that were sold in a period, over all locations, less what came back over the counter.
select sku, -sum(units)::bigint from commerce.stock_entry
where sku = any(:skus) and at >= :since and at < :until and cause in ('sale', 'shipment') group by sku

-- name: ages(skus: text[]) -> Aged[]
-- Since when the oldest units on hand have been there, if what came first leaves first: of the arrivals, the newest
-- first, the last that is needed to make up what is there.
with there as (
    select sku, sum(on_hand) as units from commerce.level where sku = any(:skus) and on_hand > 0 group by sku
), came as (
    select e.sku, e.at, sum(e.units) over (partition by e.sku order by e.at desc rows unbounded preceding) - e.units as newer
    from commerce.stock_entry e join there using (sku)
    where e.units > 0 and e.cause in ('receipt', 'count', 'adjustment')
)
select t.sku, min(c.at) from there t join came c on c.sku = t.sku and c.newer < t.units group by t.sku

-- name: put_beyond(channel: text, skus: text[], kinds: text[], mosts: bigint[], days: date[])
-- Say how many units of items a channel may sell beyond what is there.
insert into commerce.beyond (channel, sku, kind, most, from_on)
select :channel, * from unnest(:skus, :kinds, :mosts, :days)
on conflict (channel, sku) do update set kind = excluded.kind, from_on = excluded.from_on,
    most = case when excluded.kind = 'none' then beyond.sold else excluded.most end

-- name: beyond(channel: text, skus: text[], after: text, limit: int) -> BeyondRow[]
-- What a channel may sell beyond stock, by item; no skus for all.
select sku, kind, most, from_on, sold from commerce.beyond
where channel = :channel and (cardinality(:skus) = 0 or sku = any(:skus)) and sku > :after order by sku limit :limit

-- name: lock_beyond(channels: text[], skus: text[]) -> Ahead[]
-- Lock, in key order, what may still be sold beyond stock.
select channel, sku, most - sold as units from commerce.beyond
where (channel, sku) in (select * from unnest(:channels, :skus)) and kind <> 'none' order by channel, sku for update

-- name: wait(holders: uuid[], channels: text[], skus: text[], units: bigint[], at: timestamptz)
-- Write down who waits for units, and that they are sold.
with w as (
    insert into commerce.awaited (holder, channel, sku, units, since)
    select h, c, s, u, :at from unnest(:holders, :channels, :skus, :units) as n (h, c, s, u)
    on conflict (holder, sku) do update set units = awaited.units + excluded.units
)
update commerce.beyond b set sold = b.sold + n.units
from (select channel, sku, sum(units)::bigint as units from unnest(:channels, :skus, :units) as n (channel, sku, units)
    group by channel, sku) n
where b.channel = n.channel and b.sku = n.sku

-- name: wait_for(holder: uuid, skus: text[], units: bigint[]) -> Need[]
-- Wait for no more than so many units of items, for nothing of all others; gives what is given up.
with n as materialized (
    select a.sku, a.channel, a.units - coalesce(w.units, 0) as given
    from commerce.awaited a left join unnest(:skus, :units) as w (sku, units) on w.sku = a.sku
    where a.holder = :holder and a.units > coalesce(w.units, 0) order by a.sku for update of a
), less as (
    update commerce.awaited a set units = a.units - n.given from n where a.holder = :holder and a.sku = n.sku
), free as (
    update commerce.beyond b set sold = b.sold - n.given from n where b.channel = n.channel and b.sku = n.sku
)
select sku, given as units from n order by sku

-- name: lock_wanted(skus: text[], location: text) -> Candidate[]
-- Lock, in key order, the levels with free units of items that somebody waits for; location '' for all.
select l.sku, l.location, l.on_hand - l.held, c.channel, c.rank, coalesce(y.units, a.units, 0)
from commerce.level l
join commerce.location_channel c on c.location = l.location
join commerce.location p on p.code = c.location and p.active
left join commerce.safety y on y.channel = c.channel and y.location = c.location and y.sku = l.sku
left join commerce.safety a on a.channel = c.channel and a.location = c.location and a.sku = ''
where l.sku = any(:skus) and (:location = '' or l.location = :location) and l.on_hand - l.held > coalesce(y.units, a.units, 0)
    and exists (select from commerce.awaited w where w.sku = l.sku and w.channel = c.channel and w.units > 0)
order by l.sku, l.location for update of l

-- name: lock_awaited(skus: text[]) -> Awaited[]
-- Lock who waits for items, first come first served.
select a.holder, a.sku, a.channel, a.units, a.since, a.promised_on, a.first_promised_on, b.from_on
from commerce.awaited a left join commerce.beyond b on b.channel = a.channel and b.sku = a.sku
where a.sku = any(:skus) and a.units > 0 order by a.sku, a.since, a.holder for update of a

-- name: serve(holders: uuid[], skus: text[], units: bigint[])
-- Count units that came for those who wait.
with n as materialized (
    select a.holder, a.sku, a.channel, sum(w.units)::bigint as units
    from unnest(:holders, :skus, :units) as w (holder, sku, units) join commerce.awaited a using (holder, sku)
    group by 1, 2, 3
), less as (
    update commerce.awaited a set units = a.units - n.units from n where a.holder = n.holder and a.sku = n.sku
)
update commerce.beyond b set sold = b.sold - t.units
from (select channel, sku, sum(units)::bigint as units from n group by channel, sku) t
where b.channel = t.channel and b.sku = t.sku

-- name: awaited(holders: uuid[]) -> Awaited[]
-- What holders wait for, or waited for.
select a.holder, a.sku, a.channel, a.units, a.since, a.promised_on, a.first_promised_on, b.from_on
from commerce.awaited a left join commerce.beyond b on b.channel = a.channel and b.sku = a.sku
where a.holder = any(:holders) order by a.holder, a.sku

-- name: ahead_of(holders: uuid[], skus: text[]) -> Queued[]
-- How many units of items all but these holders wait for.
select sku, channel, sum(units)::bigint as units from commerce.awaited
where sku = any(:skus) and units > 0 and holder <> all(:holders) group by sku, channel

-- name: promise(holders: uuid[], skus: text[], days: date[])
-- Write down for when items are promised.
update commerce.awaited a set promised_on = n.day, first_promised_on = coalesce(a.first_promised_on, n.day)
from unnest(:holders, :skus, :days) as n (holder, sku, day) where a.holder = n.holder and a.sku = n.sku

-- name: put_tracking(skus: text[], bys: text[], days: int[])
-- Say what items want.
insert into commerce.tracked (sku, by, fresh_days) select * from unnest(:skus, :bys, :days)
on conflict (sku) do update set by = excluded.by, fresh_days = excluded.fresh_days

-- name: tracking(skus: text[], after: text, limit: int) -> Tracking[]
-- What items want; no skus for all that want something.
select sku, by, fresh_days from commerce.tracked
where by <> 'none' and (cardinality(:skus) = 0 or sku = any(:skus)) and sku > :after order by sku limit :limit

-- name: lock_levels_of(skus: text[]) -> Gone[]
-- Lock all levels of items, in key order.
select sku, location, on_hand, by_lot from commerce.level where sku = any(:skus) order by sku, location for update

-- name: lots_in_use(skus: text[]) -> value[]
-- Items of whose lots some are on lists or blocked.
select distinct sku from commerce.lot_level where sku = any(:skus) and taken + blocked > 0

-- name: end_lots(skus: text[], at: timestamptz)
-- Tell levels of items by lot no more.
with l as (update commerce.level set by_lot = false where sku = any(:skus) and by_lot),
gone as (delete from commerce.lot_level where sku = any(:skus) returning sku, location, lot, units)
insert into commerce.lot_entry (at, sku, location, lot, units, cause, reference, assumed)
select :at, sku, location, lot, -units, 'tracking', '', true from gone where units <> 0

-- name: begin_lots(skus: text[], at: timestamptz)
-- Tell levels of items by lot; of what lies there nobody has said the lot.
with l as (
    update commerce.level set by_lot = true where sku = any(:skus) and not by_lot returning sku, location, on_hand
), b as (
    insert into commerce.lot_level (sku, location, lot, one, units)
    select l.sku, l.location, '', k.by = 'serials', l.on_hand from l join commerce.tracked k using (sku) where l.on_hand <> 0
)
insert into commerce.lot_entry (at, sku, location, lot, units, cause, reference, assumed)
select :at, sku, location, '', on_hand, 'tracking', '', true from l where on_hand <> 0

-- name: unbegun(limit: int) -> value[]
-- Items that want to be told by lot with levels that are not: those that began while that was said.
select distinct l.sku from commerce.tracked k join commerce.level l on l.sku = k.sku and not l.by_lot
where k.by <> 'none' limit :limit

-- name: lots(skus: text[], location: text, lot: text, until: date, after: text, limit: int) -> LotLevel[]
-- What lies there of lots, first expired first; no skus, location or lot '', until null for all.
select l.sku, l.location, l.lot, l.units, l.taken, l.blocked, t.best_before, k.fresh_days, k.by
from commerce.lot_level l join commerce.tracked k on k.sku = l.sku left join commerce.lot t on t.sku = l.sku and t.lot = l.lot
where l.units <> 0 and (cardinality(:skus) = 0 or l.sku = any(:skus)) and (:location = '' or l.location = :location)
    and (:lot = '' or l.lot = :lot) and (:until is null or t.best_before <= :until)
    and concat_ws('/', l.sku, l.location, l.lot) > :after
order by l.sku, l.location, t.best_before nulls last, l.lot limit :limit

-- name: lock_lots(skus: text[], locations: text[]) -> LotLevel[]
-- Lock the lots of levels that are locked, first expired first.
select l.sku, l.location, l.lot, l.units, l.taken, l.blocked, t.best_before, k.fresh_days, k.by
from commerce.lot_level l join commerce.tracked k on k.sku = l.sku left join commerce.lot t on t.sku = l.sku and t.lot = l.lot
where (l.sku, l.location) in (select * from unnest(:skus, :locations))
order by l.sku, l.location, t.best_before nulls last, l.lot for update of l

-- name: known_lots(skus: text[], lots: text[]) -> LotKnown[]
-- Lots that were seen before, with their dates.
select sku, lot, best_before from commerce.lot where (sku, lot) in (select * from unnest(:skus, :lots))

-- name: put_lots(skus: text[], lots: text[], dates: date[])
-- Write down lots that were not seen before.
insert into commerce.lot (sku, lot, best_before) select * from unnest(:skus, :lots, :dates) on conflict do nothing

-- name: open_lots(skus: text[], locations: text[], lots: text[])
-- Begin lots at locations, at nothing.
insert into commerce.lot_level (sku, location, lot, one)
select n.sku, n.location, n.lot, k.by = 'serials' from unnest(:skus, :locations, :lots) as n (sku, location, lot)
join commerce.tracked k using (sku) order by 1, 2, 3 on conflict do nothing

-- name: move_lots(skus: text[], locations: text[], lots: text[], units: bigint[])
-- Move lots of levels that are locked.
update commerce.lot_level l set units = l.units + n.units
from unnest(:skus, :locations, :lots, :units) as n (sku, location, lot, units)
where l.sku = n.sku and l.location = n.location and l.lot = n.lot

-- name: take_lot(list: uuid, sku: text, location: text, lot: text, units: bigint)
-- Take units of a lot off the shelf for a list.
with t as (
    update commerce.lot_level set taken = taken + :units where sku = :sku and location = :location and lot = :lot
    returning sku, location, lot
)
insert into commerce.lot_taken as k (list, sku, location, lot, units) select :list, sku, location, lot, :units from t
on conflict (list, sku, location, lot) do update set units = k.units + excluded.units

-- name: taken(lists: uuid[]) -> LotOnList[]
-- Which lots were taken off the shelf for lists, the first expired first.
select k.list, k.sku, k.location, k.lot, k.units, t.best_before
from commerce.lot_taken k left join commerce.lot t on t.sku = k.sku and t.lot = k.lot
where k.list = any(:lists) order by k.list, k.sku, t.best_before nulls last, k.lot

-- name: untake(lists: uuid[], skus: text[], lots: text[], units: bigint[])
-- Count units of lots as taken for lists no more.
with n as materialized (
    select k.list, k.sku, k.location, k.lot, n.units, k.units - n.units as left_
    from unnest(:lists, :skus, :lots, :units) as n (list, sku, lot, units) join commerce.lot_taken k using (list, sku, lot)
), gone as (
    delete from commerce.lot_taken k using n where k.list = n.list and k.sku = n.sku and k.lot = n.lot and n.left_ <= 0
), less as (
    update commerce.lot_taken k set units = n.left_ from n
    where k.list = n.list and k.sku = n.sku and k.lot = n.lot and n.left_ > 0
)
update commerce.lot_level l set taken = l.taken - t.units
from (select sku, location, lot, sum(units)::bigint as units from n group by 1, 2, 3) t
where l.sku = t.sku and l.location = t.location and l.lot = t.lot

-- name: gone_to(holder: uuid, skus: text[]) -> OfLot[]
-- Which lots of items a holder has: went out and did not come back.
select sku, lot, -sum(units)::bigint from commerce.lot_entry
where holder = :holder and sku = any(:skus) and lot <> '' group by sku, lot having sum(units) < 0 order by sku, lot

-- name: lot_entries(sku: text, lot: text, limit: int) -> LotEntry[]
-- What became of a lot, the newest first.
select at, sku, location, lot, units, cause, reference, holder, assumed from commerce.lot_entry
where sku = :sku and lot = :lot order by at desc, reference limit :limit

-- name: send_lots(id: uuid, skus: text[], lots: text[], units: bigint[])
-- Write which lots are in a transfer.
insert into commerce.transfer_lot (transfer, sku, lot, units) select :id, * from unnest(:skus, :lots, :units)

-- name: transfer_lots(id: uuid) -> OfLot[]
-- Which lots are in a transfer.
select l.sku, l.lot, l.units, t.best_before from commerce.transfer_lot l
left join commerce.lot t on t.sku = l.sku and t.lot = l.lot where l.transfer = :id order by l.sku, l.lot

-- name: receive_lots(id: uuid, skus: text[], lots: text[], units: bigint[])
-- Write down how much of the lots of a transfer arrived.
update commerce.transfer_lot l set received = n.units
from unnest(:skus, :lots, :units) as n (sku, lot, units) where l.transfer = :id and l.sku = n.sku and l.lot = n.lot

-- name: ageing(on: date, limit: int) -> Gone[]
-- Levels with lots that are too old to be sold and are not blocked, or blocked and not too old.
select distinct l.sku, l.location, 0::bigint, true
from commerce.lot_level l join commerce.tracked k on k.sku = l.sku join commerce.lot t on t.sku = l.sku and t.lot = l.lot
where l.units > 0 and (case when t.best_before < :on + coalesce(k.fresh_days, 0) then l.units - l.taken else 0 end) <> l.blocked
limit :limit

-- name: block(sku: text, location: text, lot: text, units: bigint)
-- Block units of a lot, or below nothing let them be sold.
update commerce.lot_level set blocked = blocked + :units where sku = :sku and location = :location and lot = :lot
