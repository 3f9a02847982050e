-- name: sellers() -> value[]
-- All sellers, as JSON.
select body::text from commerce.document_seller order by code

-- name: put_sellers(codes: text[], bodies: text[])
-- Add or change sellers.
insert into commerce.document_seller (code, body) select c, b::json from unnest(:codes, :bodies) as n (c, b)
on conflict (code) do update set body = excluded.body

-- name: series(codes: text[]) -> SeriesRow[]
-- Series with their sellers: these, or (null) all.
select s.code, s.kind, s.seller, s.pattern, s.reset, s.channels, s.given, s.language, s.active, b.body::text
from commerce.document_series s join commerce.document_seller b on b.code = s.seller
where :codes is null or s.code = any(:codes) order by s.code

-- name: used(codes: text[]) -> Used[]
-- Those of these series that have numbered documents, locked.
select code, kind, seller, pattern, reset from commerce.document_series s
where code = any(:codes) and exists (select from commerce.document_counter c where c.series = s.code) for update

-- name: put_series(codes: text[], kinds: text[], sellers: text[], patterns: text[], resets: text[], channels: text[], givens: text[], languages: text[], actives: boolean[])
-- Add or change series; channels are JSON lists.
insert into commerce.document_series (code, kind, seller, pattern, reset, channels, given, language, active)
select c, k, s, p, r, array(select json_array_elements_text(ch::json)), g, l, a
from unnest(:codes, :kinds, :sellers, :patterns, :resets, :channels, :givens, :languages, :actives)
    as n (c, k, s, p, r, ch, g, l, a)
on conflict (code) do update set kind = excluded.kind, seller = excluded.seller, pattern = excluded.pattern,
    reset = excluded.reset, channels = excluded.channels, given = excluded.given, language = excluded.language,
    active = excluded.active

-- name: put_rates(currencies: text[], locals: text[], days: date[], millionths: bigint[], sources: text[])
-- Say what currencies were worth.
insert into commerce.exchange_rate (currency, local, day, millionths, source)
select * from unnest(:currencies, :locals, :days, :millionths, :sources)
on conflict (currency, local, day) do update set millionths = excluded.millionths, source = excluded.source

-- name: rates(currencies: text[], since: date, until: date) -> Rate[]
-- What currencies were worth, the newest first.
select currency, day, millionths, local, source from commerce.exchange_rate
where (:currencies is null or currency = any(:currencies)) and day >= :since and (:until is null or day <= :until)
order by day desc, currency, local limit 10000

-- name: sales(orders: uuid[]) -> SaleRow[]
-- Lock orders, and read what documents need to know of them: one after another, so that two documents of one order see
-- each other.
select o.id, o.number, o.channel, o.owner, o.email, o.currency, o.total_minor, o.captured_minor, o.placed_at,
    (select max(e.at) from commerce.order_entry e where e.order_id = o.id and e.what like '%shipped%'),
    o.agreed::text,
    (select json_build_object('name', c.name, 'vat_id', c.vat_id, 'email', c.email, 'address', c.address)::text
        from commerce.company c where c.id = (o.agreed #>> '{priced,company,company}')::uuid),
    (select w.buyer::text from commerce.document_wish w where w.order_id = o.id),
    coalesce((select json_agg(json_build_object('method', p.method, 'minor', p.captured_minor - p.refunded_minor)
        order by p.id) from commerce.payment p where p.order_id = o.id), '[]')::text,
    coalesce((select json_agg(json_build_object('reference', c.reference, 'minor', c.minor, 'returned', exists (
        select from commerce.order_return r where r.order_id = o.id and r.reference = c.reference)))
        from commerce.order_credit c where c.order_id = o.id), '[]')::text
from commerce.sales_order o where o.id = any(:orders) order by o.id for no key update of o

-- name: sold(orders: uuid[]) -> SoldLine[]
-- The lines of orders.
select order_id, line, sku, name, quantity, unit_minor, net_minor, tax_minor, gross_minor, rate_bp, discount_minor,
    shipped, cancelled, returned
from commerce.order_line where order_id = any(:orders) order by order_id, line

-- name: of_orders(orders: uuid[]) -> Row[]
-- The documents of orders, as they were issued.
select id, order_id, owner, cause, body, digest from (
    select d.id, d.order_id, d.owner, d.cause, d.body::text, d.digest, d.seq from commerce.document d
    where d.order_id = any(:orders) and not exists (select from commerce.document_cover l where l.document = d.id)
    union all
    select d.id, l.order_id, d.owner, d.cause, d.body::text, d.digest, d.seq
    from commerce.document_cover l join commerce.document d on d.id = l.document where l.order_id = any(:orders)
) as d order by seq, order_id

-- name: cover(documents: uuid[], orders: uuid[], minors: bigint[])
-- Write which orders an invoice is for.
insert into commerce.document_cover (document, order_id, minor) select * from unnest(:documents, :orders, :minors)

-- name: claimed(company: uuid, today: date, limit: int) -> Claimed[]
-- A company's invoices with what of each is still to be paid, the oldest first: money pays the oldest of an order first.
with part as (
    select d.id, d.seq, co.order_id, coalesce(l.minor, d.gross_minor) + coalesce((
        select sum(c.gross_minor) from commerce.document c where c.corrects = d.id and c.order_id = co.order_id), 0) as minor
    from commerce.company_order co
    join commerce.document d on d.kind in ('invoice', 'final') and d.id in (
        select l.document from commerce.document_cover l where l.order_id = co.order_id
        union all
        select e.id from commerce.document e where e.order_id = co.order_id)
    left join commerce.document_cover l on l.document = d.id and l.order_id = co.order_id
    where co.company = :company and (l.order_id is not null or d.order_id = co.order_id)
), paid as (
    select p.*, greatest(0, least(p.minor, o.captured_minor - o.refunded_minor - coalesce(
        sum(p.minor) over (partition by p.order_id order by p.seq rows between unbounded preceding and 1 preceding), 0)))
        as paid
    from part p join commerce.sales_order o on o.id = p.order_id
)
select d.id, d.name, d.issued_on, (d.body ->> 'due_on')::date, d.currency, sum(p.minor)::bigint,
    sum(p.minor - p.paid)::bigint, coalesce((d.body ->> 'due_on')::date < :today, false) and sum(p.minor - p.paid) > 0
from paid p join commerce.document d on d.id = p.id group by d.id
order by (sum(p.minor - p.paid) > 0) desc, d.seq limit :limit

-- name: excessive(limit: int) -> Marred[]
-- Orders of companies whose invoices come to more than the orders do.
select o.id, o.number::text, 'its invoices come to ' || d.minor || ', and it comes to ' || o.total_minor - o.credit_minor
from commerce.company_order co join commerce.sales_order o on o.id = co.order_id
join lateral (
    select sum(coalesce(l.minor, case when e.company is null then e.gross_minor end)) as minor from (
        select x.id, x.gross_minor, x.body ->> 'company' as company from commerce.document x
        where x.order_id = o.id and x.kind in ('invoice', 'correction', 'advance', 'final')
        union
        select x.id, x.gross_minor, x.body ->> 'company' from commerce.document x
        join commerce.document_cover y on y.document = x.id and y.order_id = o.id
    ) e left join commerce.document_cover l on l.document = e.id and l.order_id = o.id
) d on true
where d.minor > case when o.state = 'cancelled' then 0 else o.total_minor - o.credit_minor end
order by 1 limit :limit

-- name: take(series: text[], periods: text[], counts: bigint[]) -> Taken[]
-- Take so many numbers of each series: the last thing before they are written, as nobody else gets any until we commit.
insert into commerce.document_counter as c (series, period, last)
select s, p, n from unnest(:series, :periods, :counts) as t (s, p, n) order by s, p
on conflict (series, period) do update set last = c.last + excluded.last
returning series, period, last

-- name: write(ids: uuid[], kinds: text[], series: text[], periods: text[], numbers: bigint[], names: text[], sellers: text[], orders: uuid[], order_numbers: bigint[], owners: uuid[], channels: text[], buyers: text[], currencies: text[], nets: bigint[], taxes: bigint[], grosses: bigint[], corrects: uuid[], causes: text[], days: date[], at: timestamptz, bodies: text[], digests: bytea[])
-- Write documents.
insert into commerce.document (id, kind, series, period, number, name, seller, order_id, order_number, owner, channel,
    buyer, currency, net_minor, tax_minor, gross_minor, corrects, cause, issued_on, issued_at, body, digest)
select i, k, s, p, n, na, se, o, orn, ow, ch, bu, cu, ne, ta, gr, co, ca, da, :at, bo::json, di
from unnest(:ids, :kinds, :series, :periods, :numbers, :names, :sellers, :orders, :order_numbers, :owners, :channels,
    :buyers, :currencies, :nets, :taxes, :grosses, :corrects, :causes, :days, :bodies, :digests)
    as d (i, k, s, p, n, na, se, o, orn, ow, ch, bu, cu, ne, ta, gr, co, ca, da, bo, di)

-- name: document(id: uuid) -> Row?
-- A document as it was issued.
select id, order_id, owner, cause, body::text, digest from commerce.document where id = :id

-- name: find(owners: uuid[], store: text, kind: text, series: text, order: uuid, find: text, since: date, until: date, before: uuid, limit: int) -> Summary[]
-- Documents, newest first; what is null is not looked at. With owners, those of a store's tills are seen there too.
select id, kind, series, name, order_id, order_number, channel, buyer, currency, net_minor, tax_minor, gross_minor,
    corrects, issued_on, issued_at, body ->> 'receipt' is not null
from commerce.document
where (:owners is null or owner = any(:owners)
        or (:store is not null and order_id in (select r.id from commerce.document_receipt r where r.store = :store)))
    and (:kind is null or kind = :kind) and (:series is null or series = :series)
    and (:order is null or order_id = :order
        or id in (select l.document from commerce.document_cover l where l.order_id = :order))
    and (:find is null or starts_with(lower(name), lower(:find)) or starts_with(lower(buyer), lower(:find)))
    and (:since is null or issued_on >= :since) and (:until is null or issued_on <= :until)
    and (:before is null or id < :before)
order by id desc limit :limit

-- name: wish(order: uuid, buyer: text, at: timestamptz)
-- Write down who wants an invoice for an order.
insert into commerce.document_wish (order_id, buyer, at) values (:order, :buyer::json, :at)
on conflict (order_id) do update set buyer = excluded.buyer, at = excluded.at

-- name: hand_over(guest: uuid, customer: uuid)
-- Give a guest's documents, and those to come of receipts, to the customer the guest turned out to be.
with receipts as (update commerce.document_receipt set owner = :customer where owner = :guest)
update commerce.document set owner = :customer where owner = :guest

-- name: gaps(limit: int) -> Gap[]
-- Series whose documents are not numbered 1, 2, 3 up to their counter, with the first numbers that are missing.
select g.series, g.period, g.last, g.documents,
    array(select n from generate_series(1, greatest(g.last, g.highest)) as n where not exists (
        select from commerce.document d where d.series = g.series and d.period = g.period and d.number = n) limit 10)
from (
    select coalesce(c.series, d.series) as series, coalesce(c.period, d.period) as period, coalesce(c.last, 0) as last,
        coalesce(d.documents, 0) as documents, coalesce(d.highest, 0) as highest
    from commerce.document_counter c full join (
        select series, period, count(*) as documents, max(number) as highest from commerce.document group by 1, 2
    ) as d on d.series = c.series and d.period = c.period
) as g
where g.last <> g.documents or g.last <> g.highest order by 1, 2 limit :limit

-- name: marred(limit: int) -> Marred[]
-- Documents that are not as they were issued.
select id, name, case when digest <> sha256(convert_to(body::text, 'UTF8')) then 'its content is not what was issued'
    else 'it stands under another number or other sums than it says' end
from commerce.document
where digest <> sha256(convert_to(body::text, 'UTF8')) or body ->> 'name' <> name
    or (body ->> 'number')::bigint <> number or (body ->> 'gross_minor')::bigint <> gross_minor
    or (body ->> 'tax_minor')::bigint <> tax_minor
order by id limit :limit

-- name: till_sale(id: uuid, store: text, till: text, number: bigint) -> value?
-- Lock the receipt that a document is to be about, which has an id from now on; nothing: there is none. What nobody's
-- customer card paid is the sale's own; the till RETURNS sells nothing.
insert into commerce.document_receipt as d (id, store, till, number, owner)
select :id, store, till, number, coalesce(customer, :id) from commerce.receipt
where store = :store and till = :till and number = :number and till <> 'RETURNS'
on conflict on constraint document_receipt_once do update set owner = d.owner returning id

-- name: known_till_sale(store: text, till: text, number: bigint) -> value?
-- The id of a receipt that documents are about.
select id from commerce.document_receipt where store = :store and till = :till and number = :number

-- name: own_till_sale(id: uuid, owner: uuid)
-- Say who may see the invoice to a receipt: who asked for it.
update commerce.document_receipt set owner = :owner where id = :id

-- name: till_sales(sales: uuid[]) -> TillRow[]
-- Lock receipts, and read what documents need to know of them. A store sells by its channel of the kind pos in the
-- currency of the receipt, or by the only ones there are.
select d.id, d.store, d.till, d.number, d.owner, r.currency, r.amount_minor, r.sold_at, r.vat_id, r.lines::text,
    r.tenders::text,
    coalesce((select json_object_agg(b.line, b.units) from commerce.receipt_line_back b
        where (b.store, b.till, b.number) = (d.store, d.till, d.number)), '{}')::text,
    coalesce(c.code, ''), coalesce(c.country, '')
from commerce.document_receipt d join commerce.receipt r using (store, till, number)
left join lateral (
    select c.code, c.country from commerce.channel c
    left join commerce.location_channel l on l.channel = c.code and l.location = d.store
    where c.kind = 'pos' and c.active and c.currency = r.currency order by l.location is null, c.code limit 1
) c on true
where d.id = any(:sales) order by d.id for no key update of d

-- name: till_goods(sales: uuid[], countries: text[]) -> TillGoods[]
-- What the items of receipts are called, and how they were taxed on the day.
select d.id, v.sku, concat_ws(', ', p.name, nullif(v.name, '')), v.gtin, v.unit, t.rate_bp, t.label
from unnest(:sales, :countries) as s (id, country)
join commerce.document_receipt d on d.id = s.id
join commerce.receipt r using (store, till, number)
join lateral (select distinct l.sku from json_to_recordset(r.lines) as l (sku text)) l on true
join commerce.variant v on v.sku = l.sku
join commerce.product p on p.id = v.product
left join lateral (
    select r2.rate_bp, r2.label from commerce.tax_rate r2
    where r2.country = s.country and r2.category = v.tax_category and (r2.from_at is null or r2.from_at <= r.sold_at)
    order by r2.from_at desc nulls last limit 1
) t on true

-- name: receipt_invoices(since: date, until: date, store: text, limit: int) -> ReceiptInvoice[]
-- Receipts that have an invoice of these days, and receipts of these days with the buyer's VAT id that have none.
select r.store, r.till, r.number, r.sold_at, r.currency, r.amount_minor, r.vat_id, i.id, i.name, i.issued_on,
    i.tax_minor + coalesce(c.tax_minor, 0), i.gross_minor + coalesce(c.gross_minor, 0)
from commerce.document i
join commerce.document_receipt d on d.id = i.order_id
join commerce.receipt r on (r.store, r.till, r.number) = (d.store, d.till, d.number)
left join lateral (select sum(x.tax_minor)::bigint as tax_minor, sum(x.gross_minor)::bigint as gross_minor
    from commerce.document x where x.corrects = i.id) c on true
where i.kind = 'invoice' and i.body ->> 'receipt' is not null and i.issued_on between :since and :until
    and (:store is null or r.store = :store)
union all
select r.store, r.till, r.number, r.sold_at, r.currency, r.amount_minor, r.vat_id, null, null, null, null, null
from commerce.receipt r
where r.vat_id is not null and r.sold_at >= :since and r.sold_at < :until + 1 and (:store is null or r.store = :store)
    and not exists (select from commerce.document_receipt d join commerce.document i on i.order_id = d.id
        where (d.store, d.till, d.number) = (r.store, r.till, r.number) and i.kind = 'invoice')
order by 4, 1, 2, 3 limit :limit
