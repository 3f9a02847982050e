-- What comes back over counters. The receipt of it is a receipt like any other, of the till RETURNS: these tables say
-- how much of which receipt is back, and how much whoever has no receipt brought on a day.

create table commerce.counter_rule (
    store text primary key constraint counter_rule_store_known references commerce.location,
    days int not null constraint counter_rule_days check (days between 0 and 3650),
    unproven_minor bigint not null constraint counter_rule_minor check (unproven_minor >= 0),
    unproven_units bigint not null constraint counter_rule_units check (unproven_units >= 0)
);

create table commerce.counter_return (
    store text not null,
    reference text not null,
    number bigint not null generated always as identity constraint counter_return_number_once unique,
    digest bytea not null,
    answered json,
    actor uuid not null,
    at timestamptz not null,
    primary key (store, reference)
);

-- Locked by whoever takes something of a receipt back: what its money goes back by depends on what went back before.
create table commerce.receipt_back (
    store text not null,
    till text not null,
    number bigint not null,
    minor bigint not null constraint receipt_back_not_negative check (minor >= 0),
    primary key (store, till, number)
);

create table commerce.receipt_line_back (
    store text not null,
    till text not null,
    number bigint not null,
    line smallint not null,
    sold bigint not null,
    units bigint not null,
    primary key (store, till, number, line),
    constraint receipt_line_not_over_returned check (units between 0 and sold)
);

create table commerce.counter_day (
    customer uuid not null,
    day date not null,
    units bigint not null,
    minor bigint not null,
    primary key (customer, day)
);
