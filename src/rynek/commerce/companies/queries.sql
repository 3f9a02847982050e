-- name: put(id: uuid, given: json, restricted: boolean, at: timestamptz) -> value
-- Write a company and give it an account; gives its id where something is new or different.
with put as (
    insert into commerce.company as c (id, name, vat_id, email, address, currency, price_group, terms_days, invoicing,
        period, tax, certificate, exempt_until, assortment, restricted, active, changed_at)
    select :id, g.name, g.vat_id, g.email, g.address, g.currency, g.price_group, g.terms_days, g.invoicing, g.period,
        g.tax, g.certificate, g.exempt_until, g.assortment, :restricted, g.active, :at
    from json_populate_record(null::commerce.company, :given) as g
    on conflict (id) do update set name = excluded.name, vat_id = excluded.vat_id, email = excluded.email,
        address = excluded.address, currency = excluded.currency, price_group = excluded.price_group,
        terms_days = excluded.terms_days, invoicing = excluded.invoicing, period = excluded.period,
        tax = excluded.tax, certificate = excluded.certificate, exempt_until = excluded.exempt_until,
        assortment = excluded.assortment, restricted = excluded.restricted, active = excluded.active,
        changed_at = excluded.changed_at
    returning id
)
insert into commerce.company_account (company) select id from put on conflict (company) do update
    set blocked = commerce.company_account.blocked
returning company

-- name: ordered(id: uuid) -> value
-- Whether anything was ever ordered for a company.
select exists (select from commerce.company_order where company = :id)

-- name: company(id: uuid) -> CompanyRow?
-- A company with its account.
select c.id, c.name, c.vat_id, c.email, c.address::text, c.currency, c.price_group, c.terms_days, c.invoicing, c.period,
    c.tax, c.certificate, c.exempt_until, c.assortment::text, c.active, a.limit_minor, a.exposure_minor, a.blocked
from commerce.company c join commerce.company_account a on a.company = c.id where c.id = :id

-- name: companies(text: text, after_name: text, after: uuid, limit: int) -> Listed[]
-- Companies by name: all, or those whose name or VAT number begins so.
select c.id, c.name, c.vat_id, c.currency, a.limit_minor, a.exposure_minor, a.blocked, c.active,
    (select count(*) from commerce.company_member m where m.company = c.id)::int
from commerce.company c join commerce.company_account a on a.company = c.id
where (:text = '' or starts_with(lower(c.name), lower(:text)) or starts_with(c.vat_id, upper(:text)))
    and (:after is null or (lower(c.name) collate "C", c.id) > (lower(:after_name) collate "C", :after))
order by lower(c.name) collate "C", c.id limit :limit

-- name: proof(company: uuid, vat_id: text) -> Proof?
-- The last word about a company's number.
select vat_id, at, valid, name, address, consultation from commerce.company_proof
where company = :company and vat_id = :vat_id order by at desc limit 1

-- name: prove(id: uuid, company: uuid, vat_id: text, at: timestamptz, valid: boolean, name: text, address: text, consultation: text)
-- Keep what the register said.
insert into commerce.company_proof (id, company, vat_id, at, valid, name, address, consultation)
values (:id, :company, :vat_id, :at, :valid, :name, :address, :consultation)

-- name: lock(companies: uuid[]) -> Standing[]
-- Lock companies' accounts, in key order.
select a.company, c.currency, c.period, c.active, c.terms_days, a.limit_minor, a.exposure_minor, a.blocked
from commerce.company_account a join commerce.company c on c.id = a.company
where a.company = any(:companies) order by a.company for update of a

-- name: set_credit(company: uuid, limit_minor: bigint, blocked: boolean)
-- Say how much a company may owe.
update commerce.company_account set limit_minor = :limit_minor, blocked = :blocked where company = :company

-- name: put_units(company: uuid, given: json)
-- Write a company's units.
insert into commerce.company_unit (company, code, name, parent, budget_minor)
select :company, code, name, parent, budget_minor from json_populate_recordset(null::commerce.company_unit, :given)
on conflict (company, code) do update set name = excluded.name, parent = excluded.parent,
    budget_minor = excluded.budget_minor

-- name: units(companies: uuid[]) -> UnitRow[]
-- The units of companies.
select company, code, parent, budget_minor from commerce.company_unit where company = any(:companies)

-- name: named_units(company: uuid) -> Unit[]
-- The units of a company.
select code, name, parent, budget_minor from commerce.company_unit where company = :company order by code

-- name: seat(customer: uuid, company: uuid, unit: text, name: text, role: text, order_limit_minor: bigint, period_limit_minor: bigint) -> value?
-- Give somebody a seat in a company, or another one there; nothing where they sit in another company.
insert into commerce.company_member as m (customer, company, unit, name, role, order_limit_minor, period_limit_minor)
values (:customer, :company, :unit, :name, :role, :order_limit_minor, :period_limit_minor)
on conflict (customer) do update set unit = excluded.unit, name = excluded.name, role = excluded.role,
    order_limit_minor = excluded.order_limit_minor, period_limit_minor = excluded.period_limit_minor
where m.company = excluded.company
returning customer

-- name: unseat(company: uuid, customer: uuid) -> value?
-- Take somebody's seat in a company.
delete from commerce.company_member where company = :company and customer = :customer returning customer

-- name: members(customers: uuid[]) -> Member[]
-- For whom these customers buy.
select customer, company, unit, name, role, order_limit_minor, period_limit_minor from commerce.company_member
where customer = any(:customers)

-- name: members_of(company: uuid) -> Member[]
-- Who buys for a company.
select customer, company, unit, name, role, order_limit_minor, period_limit_minor from commerce.company_member
where company = :company order by unit, name, customer

-- name: invite(digest: bytea, company: uuid, unit: text, name: text, role: text, order_limit_minor: bigint, period_limit_minor: bigint, until_at: timestamptz)
-- Keep an invitation.
insert into commerce.company_invitation
    (digest, company, unit, name, role, order_limit_minor, period_limit_minor, until_at)
values (:digest, :company, :unit, :name, :role, :order_limit_minor, :period_limit_minor, :until_at)

-- name: accept(digest: bytea, customer: uuid, at: timestamptz) -> Member?
-- Take an invitation, once.
update commerce.company_invitation set taken_by = :customer
where digest = :digest and taken_by is null and until_at > :at
returning :customer, company, unit, name, role, order_limit_minor, period_limit_minor

-- name: spent(companies: uuid[], sinces: timestamptz[]) -> Spent[]
-- What was ordered in each company's currency since its period began, by whom and where.
select o.company, o.unit, o.customer, sum(o.total_minor)::bigint
from unnest(:companies, :sinces) as n (company, since)
join commerce.company c on c.id = n.company
join commerce.company_order o on o.company = n.company and o.at >= n.since and not o.cancelled
    and o.currency = c.currency
group by o.company, o.unit, o.customer

-- name: write_orders(orders: uuid[], companies: uuid[], customers: uuid[], currencies: text[], totals: bigint[], approvals: uuid[], at: timestamptz)
-- Write what was ordered for companies.
insert into commerce.company_order (order_id, company, unit, customer, currency, total_minor, approval, at)
select n.o, n.co, m.unit, n.cu, n.cy, n.t, n.a, :at
from unnest(:orders, :companies, :customers, :currencies, :totals, :approvals) as n (o, co, cu, cy, t, a)
join commerce.company_member m on m.customer = n.cu

-- name: owe(companies: uuid[], payments: uuid[], orders: uuid[], minors: bigint[], at: timestamptz)
-- Write what is owed from now on, with both lines of the ledger, and take it of the credit.
with debt as (
    insert into commerce.company_debt (payment, order_id, company, minor, at, due_on)
    select n.p, n.o, n.c, n.m, :at, (:at at time zone 'UTC')::date + c.terms_days
    from unnest(:companies, :payments, :orders, :minors) as n (c, p, o, m) join commerce.company c on c.id = n.c
    returning payment, company, minor
), line as (
    insert into commerce.company_entry (at, movement, company, payment, account, minor)
    select :at, d.payment, d.company, d.payment, a.account, a.sign * d.minor
    from debt d, (values ('owed', 1), ('sold', -1)) as a (account, sign)
)
update commerce.company_account a set exposure_minor = a.exposure_minor + d.minor
from (select company, sum(minor)::bigint as minor from debt group by company) as d where a.company = d.company

-- name: lock_of_orders(orders: uuid[]) -> value[]
-- Lock the accounts of those who owe for orders, in key order.
select a.company from commerce.company_account a
where a.company in (select d.company from commerce.company_debt d where d.order_id = any(:orders))
order by a.company for update

-- name: settle(orders: uuid[], at: timestamptz) -> Released[]
-- Take off debts what their payments say by now was paid or withdrawn, with both lines of the ledger for each.
with come as materialized (
    select d.payment, d.company, p.captured_minor - d.paid_minor as paid, p.voided_minor - d.withdrawn_minor as withdrawn
    from commerce.company_debt d join commerce.payment p on p.id = d.payment
    where d.order_id = any(:orders) and (p.captured_minor, p.voided_minor) is distinct from (d.paid_minor, d.withdrawn_minor)
), debt as (
    update commerce.company_debt d set paid_minor = d.paid_minor + c.paid, withdrawn_minor = d.withdrawn_minor + c.withdrawn
    from come c where d.payment = c.payment
), moved as materialized (
    select uuidv7() as movement, c.company, c.payment, k.account, k.minor
    from come c, lateral (values ('paid', c.paid), ('withdrawn', c.withdrawn)) as k (account, minor) where k.minor <> 0
), line as (
    insert into commerce.company_entry (at, movement, company, payment, account, minor)
    select :at, movement, company, payment, account, minor from moved
    union all
    select :at, movement, company, payment, 'owed', -minor from moved
), account as (
    update commerce.company_account a set exposure_minor = a.exposure_minor - c.minor
    from (select company, sum(paid + withdrawn)::bigint as minor from come group by company) as c
    where a.company = c.company
)
select company, payment, paid, withdrawn from come

-- name: cancel_orders(orders: uuid[])
-- Count cancelled orders no more.
update commerce.company_order set cancelled = true where order_id = any(:orders) and not cancelled

-- name: deliver(orders: uuid[], references: text[], minors: bigint[], items: text[], ats: timestamptz[])
-- Note what left for companies that are invoiced by the period, each shipment once.
insert into commerce.company_delivery (order_id, reference, company, currency, minor, items, at)
select c.order_id, n.r, c.company, c.currency, n.m, n.i::json, n.a
from unnest(:orders, :references, :minors, :items, :ats) as n (o, r, m, i, a)
join commerce.company_order c on c.order_id = n.o join commerce.sales_order s on s.id = n.o
where coalesce(s.agreed #>> '{priced,company,invoicing}', 'each') <> 'each'
on conflict do nothing

-- name: debts(company: uuid, open: boolean, before: timestamptz, limit: int) -> Owed[]
-- What a company owes or owed, the newest first.
select d.payment, d.order_id, o.number, d.minor, d.paid_minor, d.withdrawn_minor, d.at, d.due_on
from commerce.company_debt d join commerce.sales_order o on o.id = d.order_id
where d.company = :company and (not :open or d.paid_minor + d.withdrawn_minor < d.minor)
    and (:before is null or d.at < :before)
order by d.at desc limit :limit

-- name: ledger(company: uuid, before: bigint, limit: int) -> Movement[]
-- A company's ledger, the newest first.
select id, at, movement, payment, account, minor from commerce.company_entry
where company = :company and (:before is null or id < :before) order by id desc limit :limit

-- name: unbalanced() -> Unbalanced[]
-- Companies whose account is not what the ledger says, or whose payments are more open than their debts.
select * from (
    select a.company, a.exposure_minor,
        coalesce((select sum(e.minor) from commerce.company_entry e
            where e.company = a.company and e.account = 'owed'), 0)::bigint as ledger,
        coalesce((select sum(d.minor - d.paid_minor - d.withdrawn_minor) from commerce.company_debt d
            where d.company = a.company), 0)::bigint as debts,
        coalesce((select sum(p.authorised_minor - p.captured_minor - p.voided_minor) from commerce.company_debt d
            join commerce.payment p on p.id = d.payment where d.company = a.company), 0)::bigint as payments,
        (select count(*) from (select from commerce.company_entry e where e.company = a.company
            group by e.movement having sum(e.minor) <> 0) as m)::int as uneven
    from commerce.company_account a
) as c
where exposure_minor <> ledger or exposure_minor <> debts or payments > debts or uneven > 0

-- name: outside(companies: uuid[], skus: text[]) -> Outside[]
-- What of this these companies may not buy.
select n.company, n.sku from (select distinct * from unnest(:companies, :skus) as n (company, sku)) as n
join commerce.company c on c.id = n.company and c.restricted
join commerce.variant v on v.sku = n.sku
join commerce.product p on p.id = v.product,
lateral (select array(select distinct s from commerce.category k, unnest(string_to_array(k.path, '/')) as s
    where k.code = any(p.categories)) as of) as k,
lateral (select c.assortment::jsonb as a) as a
where a.a -> 'blocked_skus' ? v.sku or a.a -> 'blocked_brands' ? p.brand or a.a -> 'blocked_categories' ?| k.of
    or ((jsonb_path_exists(a.a, '$.allowed_skus[*]') or jsonb_path_exists(a.a, '$.allowed_brands[*]')
            or jsonb_path_exists(a.a, '$.allowed_categories[*]'))
        and not (coalesce(a.a -> 'allowed_skus' ? v.sku, false) or coalesce(a.a -> 'allowed_brands' ? p.brand, false)
            or coalesce(a.a -> 'allowed_categories' ?| k.of, false)))

-- name: invoice_channels(channels: text[]) -> value[]
-- Those of these channels in which consumers too may pay later by invoice.
select channel from commerce.invoice_channel where channel = any(:channels)

-- name: open_channel(channel: text)
-- Let consumers pay later by invoice in a channel.
insert into commerce.invoice_channel (channel) values (:channel) on conflict do nothing

-- name: close_channel(channel: text)
-- Let consumers pay later by invoice no more.
delete from commerce.invoice_channel where channel = :channel

-- name: shipped(company: uuid) -> BillableRow[]
-- What left for a company and is on no invoice.
select order_id, currency, minor, at, reference, items::text from commerce.company_delivery
where company = :company and document is null order by at, order_id, reference

-- name: with_shipped() -> value[]
-- Companies for which something left that is on no invoice.
select distinct company from commerce.company_delivery where document is null order by company

-- name: bill(orders: uuid[], references: text[], document: uuid) -> value[]
-- Put shipments on an invoice, each once; gives the orders of those that were on none.
update commerce.company_delivery d set document = :document
from unnest(:orders, :references) as n (o, r) where d.order_id = n.o and d.reference = n.r and d.document is null
returning d.order_id

-- name: fall_due(orders: uuid[], due_on: date)
-- Say when what is owed for orders is to be paid.
update commerce.company_debt set due_on = :due_on, reminders = 0, reminded_on = null where order_id = any(:orders)

-- name: overdue(company: uuid, today: date, limit: int) -> Overdue[]
-- What should have been paid by now, the oldest first; company null for all.
select d.company, c.name, c.email, c.currency, d.order_id, o.number, d.payment, d.minor - d.paid_minor - d.withdrawn_minor,
    d.due_on, d.reminders
from commerce.company_debt d join commerce.company c on c.id = d.company join commerce.sales_order o on o.id = d.order_id
where d.paid_minor + d.withdrawn_minor < d.minor and d.due_on < :today and (:company is null or d.company = :company)
order by d.due_on, d.payment limit :limit

-- name: remind(steps: int[], today: date, limit: int) -> Overdue[]
-- Count reminders that are due: each debt is reminded of so many days after it fell due, once each.
with due as (
    select payment from commerce.company_debt
    where paid_minor + withdrawn_minor < minor and reminders < cardinality(:steps)
        and due_on + (:steps)[reminders + 1] <= :today
    order by due_on, payment limit :limit for update skip locked
), told as (
    update commerce.company_debt d set reminders = reminders + 1, reminded_on = :today from due where d.payment = due.payment
    returning d.company, d.order_id, d.payment, d.minor - d.paid_minor - d.withdrawn_minor as open, d.due_on, d.reminders
)
select t.company, c.name, c.email, c.currency, t.order_id, o.number, t.payment, t.open, t.due_on, t.reminders
from told t join commerce.company c on c.id = t.company join commerce.sales_order o on o.id = t.order_id
order by t.due_on, t.payment
