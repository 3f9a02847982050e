-- name: sale(order: uuid) -> Sale?
-- What returns need to know of an order.
select o.id, o.number, o.channel, o.owner_kind, o.owner, o.email, o.currency, o.delivery_minor,
    case when o.state = 'shipped' then (select max(at) from commerce.order_shipment s where s.order_id = o.id) end,
    d.delivered_on
from commerce.sales_order o left join commerce.order_delivered d on d.order_id = o.id where o.id = :order

-- name: proven(number: bigint, email: text) -> value?
-- Which order has this number and was bought with this e-mail.
select id from commerce.sales_order where number = :number and lower(email) = lower(:email)

-- name: sold(order: uuid) -> Sold[]
-- The lines of an order with what is on its way back of them.
select l.line, l.sku, l.name, l.quantity, l.shipped, l.cancelled, l.returned, l.gross_minor, coalesce((
    select sum(case when r.state in ('asked', 'approved') then m.units else m.arrived end)
    from commerce.rma r join commerce.rma_line m on m.rma = r.id
    where r.order_id = l.order_id and m.line = l.line
        and r.state in ('asked', 'approved', 'arrived', 'in-repair')), 0)::bigint
from commerce.order_line l where l.order_id = :order order by l.line

-- name: write(id: uuid, order: uuid, wish: text, state: text, instead: text, at: timestamptz, owner: uuid) -> value
-- Write a return that is asked for; gives its number.
insert into commerce.rma (id, order_id, channel, owner, email, currency, wish, state, instead, asked_at)
select :id, o.id, o.channel, :owner, o.email, o.currency, :wish, :state, :instead::json, :at
from commerce.sales_order o where o.id = :order
returning number

-- name: write_lines(id: uuid, lines: smallint[], skus: text[], names: text[], units: bigint[], reasons: text[], grounds: text[], notes: text[], photos: text)
-- Write what is to come back; photos are a JSON list of lists.
insert into commerce.rma_line (rma, line, sku, name, units, reason, ground, note, photos)
select :id, l, s, n, u, r, g, t, array(select json_array_elements_text(:photos::json -> (o - 1)::int))
from unnest(:lines, :skus, :names, :units, :reasons, :grounds, :notes) with ordinality as x (l, s, n, u, r, g, t, o)

-- name: head(id: uuid) -> Head?
-- A return without its lines.
select r.id, r.number, r.order_id, o.number, r.channel, r.owner, r.email, r.currency, r.wish, r.state, r.instead::text,
    r.location, r.sent_ahead, r.back_by, r.repaired, r.refund_minor, r.delivery_minor, r.asked_at
from commerce.rma r join commerce.sales_order o on o.id = r.order_id where r.id = :id

-- name: lines(id: uuid) -> ReturnLine[]
-- The lines of a return.
select line, sku, name, units, reason, ground, note, photos, arrived, restocked, mended, scrapped, sent_back, refund_minor
from commerce.rma_line where rma = :id order by line

-- name: history(id: uuid) -> Entry[]
-- What happened to a return.
select at, what, note, actor_kind from commerce.rma_entry where rma = :id order by seq

-- name: tell(id: uuid, at: timestamptz, what: text, note: text, kind: text, actor: uuid)
-- Write down what happened to a return.
insert into commerce.rma_entry (rma, at, what, note, actor_kind, actor) values (:id, :at, :what, :note, :kind, :actor)

-- name: find(owner: uuid, state: text, order: uuid, number: bigint, email: text, overdue: boolean, today: date, before: uuid, limit: int) -> Summary[]
-- Returns, newest first; what is null is not looked at.
select r.id, r.number, r.order_id, o.number, r.email, r.currency, r.wish, r.state,
    (select coalesce(sum(greatest(m.units, m.arrived)), 0)::bigint from commerce.rma_line m where m.rma = r.id),
    r.refund_minor, r.asked_at, r.sent_ahead and r.back_by < :today and r.state in ('asked', 'approved')
from commerce.rma r join commerce.sales_order o on o.id = r.order_id
where (:owner is null or r.owner = :owner or o.owner = :owner) and (:state is null or r.state = :state)
    and (:order is null or r.order_id = :order) and (:number is null or r.number = :number)
    and (:email is null or lower(r.email) = lower(:email)) and (:before is null or r.id < :before)
    and (not :overdue or (r.sent_ahead and r.back_by < :today and r.state in ('asked', 'approved')))
order by r.id desc limit :limit

-- name: add_photo(id: uuid, line: smallint, photo: text, most: int) -> value?
-- Put a picture beside a line of a return, once; gives the line, nothing where it has its most or is not there.
update commerce.rma_line set photos = case when :photo = any(photos) then photos else photos || :photo end
where rma = :id and line = :line and (:photo = any(photos) or cardinality(photos) < :most)
returning line

-- name: photos(id: uuid) -> value[]
-- All pictures of a return.
select distinct unnest(photos) from commerce.rma_line where rma = :id

-- name: move(id: uuid, state: text)
-- Move a return on.
update commerce.rma set state = :state where id = :id

-- name: mend(id: uuid)
-- Count that a repair was tried.
update commerce.rma set repaired = repaired + 1 where id = :id

-- name: send_ahead(id: uuid, back_by: date)
-- Say that what it is exchanged for has left before it came back.
update commerce.rma set sent_ahead = true, back_by = :back_by where id = :id

-- name: arrive(id: uuid, location: text)
-- Say where a return arrived.
update commerce.rma set state = 'arrived', location = :location where id = :id

-- name: count_arrived(id: uuid, lines: smallint[], units: bigint[])
-- Count what arrived of a return.
update commerce.rma_line m set arrived = n.units from unnest(:lines, :units) as n (line, units)
where m.rma = :id and m.line = n.line

-- name: settle_lines(id: uuid, lines: smallint[], restocked: bigint[], mended: bigint[], scrapped: bigint[], sent_back: bigint[], refunds: bigint[])
-- Write down what the lines of a return were found to be.
update commerce.rma_line m set restocked = n.r, mended = n.m, scrapped = n.s, sent_back = n.b, refund_minor = n.f
from unnest(:lines, :restocked, :mended, :scrapped, :sent_back, :refunds) as n (line, r, m, s, b, f)
where m.rma = :id and m.line = n.line

-- name: settle(id: uuid, refund: bigint, delivery: bigint)
-- Write down what a buyer gets for a return.
update commerce.rma set state = 'settled', refund_minor = :refund, delivery_minor = :delivery where id = :id

-- name: delivery_given(order: uuid) -> value
-- What of an order's delivery was given back already.
select coalesce(sum(delivery_minor), 0)::bigint from commerce.rma where order_id = :order

-- name: delivered(order: uuid, day: date)
-- Say when an order arrived.
insert into commerce.order_delivered (order_id, delivered_on) values (:order, :day)
on conflict (order_id) do update set delivered_on = excluded.delivered_on

-- name: policy(channel: text) -> Policy?
-- How a channel takes goods back.
select days, told, transit_days, claim_years from commerce.return_policy where channel = :channel

-- name: put_policy(channel: text, days: int, told: boolean, transit_days: int, claim_years: int)
-- Say how a channel takes goods back.
insert into commerce.return_policy (channel, days, told, transit_days, claim_years)
values (:channel, :days, :told, :transit_days, :claim_years)
on conflict (channel) do update set days = excluded.days, told = excluded.told, transit_days = excluded.transit_days,
    claim_years = excluded.claim_years

-- name: exemptions() -> Exemption[]
-- Categories whose goods are exempt.
select category, why from commerce.return_exemption order by category

-- name: clear_exemptions()
-- Exempt nothing.
delete from commerce.return_exemption

-- name: put_exemptions(categories: text[], whys: text[])
-- Say which categories' goods are exempt.
insert into commerce.return_exemption (category, why) select * from unnest(:categories, :whys)
