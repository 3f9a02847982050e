-- Returns: goods that are to come back, what arrived of them, what they were found to be, and what the buyer gets.

create table commerce.rma (
    id uuid primary key,
    number bigint not null generated always as identity constraint rma_number_once unique,
    order_id uuid not null references commerce.sales_order,
    channel text not null,
    owner uuid not null,
    email text not null,
    currency text not null,
    wish text not null constraint rma_wish check (wish in ('refund', 'exchange', 'repair')),
    state text not null constraint rma_state check (
        state in ('asked', 'approved', 'denied', 'withdrawn', 'arrived', 'in-repair', 'settled')),
    instead json not null,
    location text constraint rma_location_known references commerce.location,
    sent_ahead boolean not null default false,
    back_by date,
    repaired int not null default 0,
    refund_minor bigint not null default 0 constraint rma_refund_not_negative check (refund_minor >= 0),
    delivery_minor bigint not null default 0 constraint rma_delivery_not_negative check (delivery_minor >= 0),
    asked_at timestamptz not null
) with (fillfactor = 90);
create index rma_of on commerce.rma (order_id);
create index rma_owner on commerce.rma (owner, id);
create index rma_waiting on commerce.rma (state, id) where state in ('asked', 'approved', 'arrived', 'in-repair');

create table commerce.rma_line (
    rma uuid not null references commerce.rma,
    line smallint not null,
    sku text not null,
    name text not null,
    units bigint not null constraint rma_line_units check (units >= 0),
    reason text not null,
    ground text not null constraint rma_line_ground check (ground in ('withdrawal', 'claim', 'goodwill')),
    note text not null,
    photos text[] not null,
    arrived bigint not null default 0,
    restocked bigint not null default 0,
    mended bigint not null default 0,
    scrapped bigint not null default 0,
    sent_back bigint not null default 0,
    refund_minor bigint not null default 0,
    primary key (rma, line),
    constraint rma_line_all_inspected check (
        restocked >= 0 and mended >= 0 and scrapped >= 0 and sent_back >= 0
        and restocked + mended + scrapped + sent_back <= arrived)
) with (fillfactor = 90);

-- What happened to a return. Nobody rewrites it.
create table commerce.rma_entry (
    rma uuid not null references commerce.rma,
    seq bigint not null generated always as identity,
    at timestamptz not null,
    what text not null,
    note text not null,
    actor_kind text not null,
    actor uuid not null,
    primary key (rma, seq)
);
revoke update, delete, truncate on commerce.rma_entry from rynek_commerce;

-- When an order is known to have arrived; where nobody said so, some days after it left.
create table commerce.order_delivered (
    order_id uuid primary key references commerce.sales_order,
    delivered_on date not null
);

-- How a channel takes goods back; no row: as the law has it.
create table commerce.return_policy (
    channel text primary key,
    days int not null constraint return_policy_days check (days between 14 and 3650),
    told boolean not null,
    transit_days int not null constraint return_policy_transit check (transit_days between 0 and 60),
    claim_years int not null constraint return_policy_claims check (claim_years between 2 and 30)
);

-- Categories whose goods nobody has to take back only because the buyer thinks otherwise.
create table commerce.return_exemption (
    category text primary key,
    why text not null constraint return_exemption_why check (why in ('perishable', 'made-to-order', 'sealed'))
);
