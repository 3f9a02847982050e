-- What left for companies that have one invoice for a period, by the shipment's own number; ``items`` are units by sku.
create table commerce.company_delivery (
    order_id uuid not null references commerce.company_order,
    reference text not null,
    company uuid not null,
    currency text not null,
    minor bigint not null,
    items json not null,
    at timestamptz not null,
    -- the invoice it is on
    document uuid,
    primary key (order_id, reference)
) with (fillfactor = 80);
create index company_delivery_to_bill on commerce.company_delivery (company, at) where document is null;
insert into commerce.company_delivery (order_id, reference, company, currency, minor, items, at)
select c.order_id, 'before', c.company, c.currency, c.total_minor,
    (select json_object_agg(l.sku, l.units) from (
        select sku, sum(shipped) as units from commerce.order_line where order_id = c.order_id and shipped > 0 group by sku) l),
    c.shipped_at
from commerce.company_order c join commerce.sales_order o on o.id = c.order_id
where c.shipped_at is not null and c.document is null and not c.cancelled
    and o.agreed #>> '{priced,company,invoicing}' <> 'each'
    and exists (select from commerce.order_line where order_id = c.order_id and shipped > 0);
drop index commerce.company_order_to_bill;

-- How often, and when last, a company was reminded of a debt.
alter table commerce.company_debt
    add column reminders int not null default 0,
    add column reminded_on date;
create index company_debt_open on commerce.company_debt (due_on) where paid_minor + withdrawn_minor < minor;
