-- name: put_suppliers(codes: text[], names: text[], leads: int[], currencies: text[], emails: text[], actives: boolean[])
-- Add or change suppliers.
insert into commerce.supplier (code, name, lead_days, currency, email, active)
select * from unnest(:codes, :names, :leads, :currencies, :emails, :actives)
on conflict (code) do update set name = excluded.name, lead_days = excluded.lead_days, currency = excluded.currency,
    email = excluded.email, active = excluded.active

-- name: suppliers(after: text, limit: int) -> Supplier[]
-- Suppliers by code.
select code, name, lead_days, currency, email, active from commerce.supplier where code > :after order by code limit :limit

-- name: supplier(code: text) -> Supplier?
-- A supplier.
select code, name, lead_days, currency, email, active from commerce.supplier where code = :code

-- name: put_items(supplier: text, skus: text[], codes: text[], leads: int[], packs: bigint[], minimums: bigint[], costs: bigint[], actives: boolean[])
-- Say what a supplier sends.
insert into commerce.supplier_item (supplier, sku, code, lead_days, pack, minimum, cost_minor, active)
select :supplier, * from unnest(:skus, :codes, :leads, :packs, :minimums, :costs, :actives)
on conflict (supplier, sku) do update set code = excluded.code, lead_days = excluded.lead_days, pack = excluded.pack,
    minimum = excluded.minimum, cost_minor = excluded.cost_minor, active = excluded.active

-- name: items(supplier: text, skus: text[], after: text, limit: int) -> SupplierItem[]
-- What a supplier sends, by item; no skus for all.
select sku, code, lead_days, pack, minimum, cost_minor, active from commerce.supplier_item
where supplier = :supplier and (cardinality(:skus) = 0 or sku = any(:skus)) and sku > :after order by sku limit :limit

-- name: unknown(skus: text[]) -> value[]
-- Which of these are not in the catalogue.
select s from unnest(:skus) as s where not exists (select from commerce.variant v where v.sku = s and v.active) order by s

-- name: lead_times(supplier: text, skus: text[], since: timestamptz) -> LeadTime[]
-- How long a supplier's items take: as declared, and as their deliveries came; no skus for all.
select i.sku, coalesce(i.lead_days, s.lead_days), coalesce(m.deliveries, 0)::int, m.median, m.longest, m.punctual
from commerce.supplier s join commerce.supplier_item i on i.supplier = s.code
left join lateral (
    select count(*) as deliveries, percentile_cont(0.5) within group (order by d.days) as median, max(d.days) as longest,
        avg(d.punctual::int)::float8 as punctual
    from (
        select (r.at::date - p.sent_at::date) as days,
            r.at::date <= l.first_promised_on as punctual
        from commerce.purchase p
        join commerce.purchase_line l on l.purchase = p.id and l.sku = i.sku
        join commerce.goods_receipt_part t on t.line = l.line
        join commerce.goods_receipt r on r.id = t.receipt and r.purchase = p.id
        where p.supplier = s.code and p.sent_at >= :since
    ) d
) m on true
where s.code = :supplier and (cardinality(:skus) = 0 or i.sku = any(:skus)) order by i.sku limit 1000

-- name: draft(id: uuid, supplier: text, currency: text, note: text, at: timestamptz)
-- Begin a purchase order.
insert into commerce.purchase (id, supplier, currency, note, made_at) values (:id, :supplier, :currency, :note, :at)

-- name: write_lines(id: uuid, lines: int[], skus: text[], locations: text[], units: bigint[], costs: bigint[])
-- Write what is ordered.
insert into commerce.purchase_line (purchase, line, sku, location, units, cost_minor)
select :id, * from unnest(:lines, :skus, :locations, :units, :costs)

-- name: clear_lines(id: uuid)
-- Forget what was to be ordered.
delete from commerce.purchase_line where purchase = :id

-- name: lock(id: uuid) -> Head?
-- Lock a purchase order.
select id, number, supplier, state, sent_at from commerce.purchase where id = :id for update

-- name: move(id: uuid, state: text, at: timestamptz)
-- Move a purchase order on.
update commerce.purchase set state = :state,
    sent_at = case when :state = 'sent' then :at else sent_at end,
    confirmed_at = case when :state in ('confirmed', 'partly-received') then coalesce(confirmed_at, :at) else confirmed_at end,
    closed_at = case when :state in ('closed', 'cancelled') then :at else closed_at end
where id = :id

-- name: head(id: uuid) -> PurchaseRow?
-- A purchase order.
select p.id, p.number, p.supplier, s.name as supplier_name, p.currency, p.state, p.note, p.made_at, p.sent_at, p.confirmed_at, p.closed_at,
    coalesce(l.units, 0)::bigint, coalesce(l.coming, 0)::bigint, coalesce(l.cost, 0)::bigint, l.next_on,
    (select count(*) from commerce.purchase_difference d where d.purchase = p.id and d.resolution is null)::int
from commerce.purchase p join commerce.supplier s on s.code = p.supplier
left join lateral (
    select sum(units) as units, sum(units - received - dropped) as coming, sum(units * cost_minor) as cost,
        min(promised_on) filter (where received + dropped < units) as next_on
    from commerce.purchase_line where purchase = p.id
) l on true
where p.id = :id

-- name: purchases(state: text, supplier: text, number: bigint, before: uuid, limit: int) -> PurchaseRow[]
-- Purchase orders, newest first; state '' for all, 'open' for those of which something is to come.
select p.id, p.number, p.supplier, s.name as supplier_name, p.currency, p.state, p.note, p.made_at, p.sent_at, p.confirmed_at, p.closed_at,
    coalesce(l.units, 0)::bigint, coalesce(l.coming, 0)::bigint, coalesce(l.cost, 0)::bigint, l.next_on,
    (select count(*) from commerce.purchase_difference d where d.purchase = p.id and d.resolution is null)::int
from commerce.purchase p join commerce.supplier s on s.code = p.supplier
left join lateral (
    select sum(units) as units, sum(units - received - dropped) as coming, sum(units * cost_minor) as cost,
        min(promised_on) filter (where received + dropped < units) as next_on
    from commerce.purchase_line where purchase = p.id
) l on true
where (:state = '' or p.state = :state) and (:supplier = '' or p.supplier = :supplier)
    and (:number is null or p.number = :number) and (:before is null or p.id < :before)
order by p.id desc limit :limit

-- name: lines(id: uuid) -> PurchaseLine[]
-- What was ordered, and what became of it.
select l.line, l.sku, coalesce(nullif(concat_ws(', ', d.name, nullif(v.name, '')), ''), l.sku), coalesce(i.code, ''),
    l.location, l.units, l.cost_minor, l.promised_on, l.first_promised_on, l.received, l.dropped, l.extra
from commerce.purchase p join commerce.purchase_line l on l.purchase = p.id
left join commerce.variant v on v.sku = l.sku
left join commerce.product d on d.id = v.product
left join commerce.supplier_item i on i.supplier = p.supplier and i.sku = l.sku
where p.id = :id order by l.line

-- name: open_lines(id: uuid, location: text) -> Open[]
-- The lines of a locked purchase order, and how many of their units are known to be missing; location '' for all.
select l.line, l.sku, l.location, l.units - l.received - l.dropped, l.promised_on, coalesce((
    select sum(units) from commerce.purchase_difference d
    where d.purchase = l.purchase and d.line = l.line and d.kind = 'less' and d.resolution is null), 0)::bigint
from commerce.purchase_line l where l.purchase = :id and (:location = '' or l.location = :location) order by l.line

-- name: promise(id: uuid, lines: int[], days: date[])
-- Say when lines come.
update commerce.purchase_line l set promised_on = n.day, first_promised_on = coalesce(l.first_promised_on, n.day)
from unnest(:lines, :days) as n (line, day) where l.purchase = :id and l.line = n.line

-- name: count(id: uuid, lines: int[], received: bigint[], dropped: bigint[], extra: bigint[])
-- Count what became of lines.
update commerce.purchase_line l set received = l.received + n.received, dropped = l.dropped + n.dropped,
    extra = l.extra + n.extra
from unnest(:lines, :received, :dropped, :extra) as n (line, received, dropped, extra)
where l.purchase = :id and l.line = n.line

-- name: receipt(purchase: uuid, location: text, reference: text) -> Receipt?
-- A delivery by its number.
select id, purchase, location, reference, complete, at from commerce.goods_receipt
where purchase = :purchase and location = :location and reference = :reference

-- name: write_receipt(id: uuid, purchase: uuid, location: text, reference: text, complete: boolean, at: timestamptz, actor: uuid)
-- Write a delivery down.
insert into commerce.goods_receipt (id, purchase, location, reference, complete, at, actor)
values (:id, :purchase, :location, :reference, :complete, :at, :actor)

-- name: write_counted(id: uuid, skus: text[], units: bigint[], damaged: bigint[], reasons: text[])
-- Write down what was counted.
insert into commerce.goods_receipt_line (receipt, sku, units, damaged, reason)
select :id, * from unnest(:skus, :units, :damaged, :reasons)

-- name: write_parts(id: uuid, lines: int[], units: bigint[])
-- Write down to which lines it went.
insert into commerce.goods_receipt_part (receipt, line, units) select :id, * from unnest(:lines, :units)

-- name: receipts(purchase: uuid) -> Receipt[]
-- The deliveries of a purchase order.
select id, purchase, location, reference, complete, at from commerce.goods_receipt where purchase = :purchase order by id

-- name: counted(receipts: uuid[]) -> Counting[]
-- What was counted of deliveries.
select receipt, sku, units, damaged, reason from commerce.goods_receipt_line where receipt = any(:receipts) order by receipt, sku

-- name: find(ids: uuid[], purchase: uuid, receipt: uuid, location: text, lines: int[], kinds: text[], skus: text[], units: bigint[], reasons: text[], at: timestamptz)
-- Write down what is different.
insert into commerce.purchase_difference (id, purchase, receipt, location, line, kind, sku, units, reason, found_at)
select i, :purchase, :receipt, :location, l, k, s, u, r, :at
from unnest(:ids, :lines, :kinds, :skus, :units, :reasons) as n (i, l, k, s, u, r)

-- name: came(purchase: uuid, at: timestamptz, resolver: uuid) -> value[]
-- Settle what was missing of lines of which nothing is to come any more.
update commerce.purchase_difference d set resolution = 'came', resolved_at = :at, resolver = :resolver
from commerce.purchase_line l
where d.purchase = :purchase and d.kind = 'less' and d.resolution is null
    and l.purchase = d.purchase and l.line = d.line and l.received + l.dropped = l.units
returning d.id

-- name: differences(open: boolean, supplier: text, purchase: uuid, location: text, after: uuid, limit: int) -> Difference[]
-- What came otherwise than ordered, longest first; supplier and location '' for all.
select d.id, d.purchase, p.number, p.supplier, d.location, d.line, d.kind, d.sku, d.units, d.reason, d.found_at, d.resolution,
    d.note, d.resolved_at
from commerce.purchase_difference d join commerce.purchase p on p.id = d.purchase
where (not :open or d.resolution is null) and (:supplier = '' or p.supplier = :supplier)
    and (:purchase is null or d.purchase = :purchase) and (:location = '' or d.location = :location)
    and (:after is null or d.id > :after)
order by d.id limit :limit

-- name: of_purchase(difference: uuid) -> value?
-- Of which purchase order a difference is.
select purchase from commerce.purchase_difference where id = :difference

-- name: unsettled(id: uuid) -> Difference?
-- A difference that is not settled.
select d.id, d.purchase, p.number, p.supplier, d.location, d.line, d.kind, d.sku, d.units, d.reason, d.found_at, d.resolution,
    d.note, d.resolved_at
from commerce.purchase_difference d join commerce.purchase p on p.id = d.purchase where d.id = :id and d.resolution is null

-- name: settle(id: uuid, resolution: text, note: text, at: timestamptz, resolver: uuid)
-- Settle a difference.
update commerce.purchase_difference set resolution = :resolution, note = :note, resolved_at = :at, resolver = :resolver
where id = :id

-- name: expected(location: text, purchase: uuid, limit: int) -> Expected[]
-- What a location waits for, first promised first.
select p.id, p.number, p.supplier, s.name as supplier_name, l.line, l.sku,
    coalesce(nullif(concat_ws(', ', d.name, nullif(v.name, '')), ''), l.sku), coalesce(v.gtin, ''),
    l.units - l.received - l.dropped, l.promised_on, p.state
from commerce.purchase_line l
join commerce.purchase p on p.id = l.purchase and p.state in ('sent', 'confirmed', 'partly-received')
join commerce.supplier s on s.code = p.supplier
left join commerce.variant v on v.sku = l.sku
left join commerce.product d on d.id = v.product
where l.location = :location and l.received + l.dropped < l.units and (:purchase is null or p.id = :purchase)
order by l.promised_on nulls last, p.number, l.line limit :limit

-- name: supply(skus: text[], transit: int) -> Supply[]
-- What is to come of items: of confirmed purchase orders, and on its way between locations.
with coming as (
    select l.sku, l.location, l.units - l.received - l.dropped as units, l.promised_on as on_
    from commerce.purchase_line l join commerce.purchase p on p.id = l.purchase and p.state in ('confirmed', 'partly-received')
    where l.sku = any(:skus) and l.received + l.dropped < l.units and l.promised_on is not null
    union all
    select l.sku, t.destination, l.units, t.sent_at::date + :transit
    from commerce.transfer t join commerce.transfer_line l on l.transfer = t.id
    where t.received_at is null and l.sku = any(:skus)
)
select c.sku, c.location, sum(c.units)::bigint as units, c.on_ as "on", array(
    select s.channel from commerce.location_channel s join commerce.location p on p.code = s.location and p.active
    where s.location = c.location order by s.channel) as channels
from coming c group by c.sku, c.location, c.on_ order by c.on_, c.sku, c.location
