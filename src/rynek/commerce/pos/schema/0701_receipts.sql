-- Receipts: what was sold over counters, as the tills wrote it. A receipt is a document: it is never changed.

create table commerce.receipt (
    store text not null constraint receipt_store_known references commerce.location,
    till text not null,
    number bigint not null constraint receipt_number_positive check (number > 0),
    sold_at timestamptz not null,
    taken_at timestamptz not null,
    customer uuid,
    currency text not null,
    amount_minor bigint not null,
    discount_minor bigint not null,
    lines json not null,
    tenders json not null,
    reference text not null default '',
    digest bytea not null,
    constraint receipt_once primary key (store, till, number)
);
create index receipt_sold on commerce.receipt (store, sold_at);
create index receipt_customer on commerce.receipt (customer, sold_at) where customer is not null;
revoke update, delete, truncate on commerce.receipt from rynek_commerce;

create view commerce.receipt_line with (security_invoker) as
select r.store, r.till, r.number, r.sold_at, r.customer, r.currency, l.n::int as line, l.line ->> 'sku' as sku,
    (l.line ->> 'quantity')::bigint as quantity, coalesce(l.line ->> 'kind', 'sale') as kind,
    (l.line ->> 'amount')::bigint as amount_minor, l.line -> 'discounts' as discounts
from commerce.receipt r, json_array_elements(r.lines) with ordinality as l (line, n);
