-- What is agreed before there is an order: quotes, approvals, and lists that are ordered again and again.

create table commerce.quote (
    id uuid primary key,
    number bigint not null generated always as identity,
    customer uuid not null,
    company uuid,
    channel text not null,
    currency text not null,
    terms json not null,
    state text not null constraint quote_state check (
        state in ('requested', 'offered', 'countered', 'accepted', 'declined', 'expired')),
    turn int not null,
    valid_until timestamptz,
    order_id uuid constraint quote_order_once unique,
    asked_at timestamptz not null,
    constraint quote_number_once unique (number),
    constraint quote_accepted_is_ordered check ((state = 'accepted') = (order_id is not null))
) with (fillfactor = 80);
create index quote_customer on commerce.quote (customer, id);
create index quote_company on commerce.quote (company, id) where company is not null;
create index quote_ends on commerce.quote (valid_until) where state = 'offered';

-- The thread: who said what, in turn. Nobody rewrites it.
create table commerce.quote_turn (
    quote uuid not null references commerce.quote,
    turn int not null,
    at timestamptz not null,
    what text not null,
    actor_kind text not null,
    actor uuid not null,
    note text not null,
    lines json not null,
    delivery_minor bigint,
    valid_until timestamptz,
    primary key (quote, turn)
);
revoke update, delete, truncate on commerce.quote_turn from rynek_commerce;

create table commerce.approval (
    id uuid primary key,
    cart uuid not null,
    version int not null,
    customer uuid not null,
    company uuid not null,
    currency text not null,
    total_minor bigint not null,
    method text not null,
    note text not null,
    state text not null constraint approval_state check (
        state in ('waiting', 'approved', 'rejected', 'withdrawn', 'expired')),
    asked_at timestamptz not null,
    until_at timestamptz not null,
    decided_by uuid,
    decided_at timestamptz,
    answer text not null default '',
    order_id uuid,
    constraint approval_approved_is_ordered check ((state = 'approved') = (order_id is not null))
) with (fillfactor = 80);
create unique index approval_waits_once on commerce.approval (cart) where state = 'waiting';
create index approval_company on commerce.approval (company, id);
create index approval_ends on commerce.approval (until_at) where state = 'waiting';

create table commerce.order_template (
    id uuid primary key,
    customer uuid not null,
    company uuid,
    name text not null,
    lines json not null,
    changed_at timestamptz not null
);
create index order_template_customer on commerce.order_template (customer);
create index order_template_company on commerce.order_template (company) where company is not null;
