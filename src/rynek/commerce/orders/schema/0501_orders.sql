-- Orders: what was agreed, copied at placing, so that nothing that changes later changes it.

create table commerce.sales_order (
    id uuid primary key,
    number bigint not null generated always as identity (cache 64),
    cart_id uuid not null,
    channel text not null,
    owner_kind text not null,
    owner uuid not null,
    email text not null,
    currency text not null,
    state text not null constraint order_state check (state in ('awaiting-payment', 'open', 'shipped', 'cancelled')),
    delivery_minor bigint not null,
    tax_minor bigint not null,
    total_minor bigint not null constraint order_total_not_negative check (total_minor >= 0),
    authorised_minor bigint not null default 0,
    captured_minor bigint not null default 0,
    refunded_minor bigint not null default 0,
    agreed json not null,
    placed_at timestamptz not null,
    constraint order_once_per_cart unique (cart_id),
    constraint order_number_once unique (number),
    constraint order_money_in_bounds check (
        authorised_minor >= 0 and captured_minor >= 0 and refunded_minor between 0 and captured_minor)
) with (fillfactor = 90);
create index sales_order_owner on commerce.sales_order (owner, id);
create index sales_order_email on commerce.sales_order (lower(email), id);

create table commerce.order_line (
    order_id uuid not null,
    line smallint not null,
    sku text not null,
    name text not null,
    quantity bigint not null constraint order_line_quantity check (quantity > 0),
    unit_minor bigint not null,
    net_minor bigint not null,
    tax_minor bigint not null,
    gross_minor bigint not null,
    rate_bp int not null,
    returned bigint not null default 0,
    primary key (order_id, line),
    constraint order_line_sums check (net_minor + tax_minor = gross_minor),
    constraint order_line_not_over_returned check (returned between 0 and quantity)
) with (fillfactor = 90);

-- What happened to an order after it was placed. Nobody rewrites it.
create table commerce.order_entry (
    order_id uuid not null,
    seq bigint not null generated always as identity,
    at timestamptz not null,
    what text not null,
    note text not null default '',
    actor_kind text not null,
    actor uuid not null,
    primary key (order_id, seq)
);
revoke update, delete, truncate on commerce.order_entry from rynek_commerce;

-- One return by its own number: a repeated message brings nothing back twice.
create table commerce.order_return (
    order_id uuid not null references commerce.sales_order,
    reference text not null,
    location text not null,
    at timestamptz not null,
    primary key (order_id, reference)
);

create index sales_order_unpaid on commerce.sales_order (placed_at) where state = 'awaiting-payment';
