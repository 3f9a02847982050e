-- Orders in parts: lines that leave, or are given up, some units at a time; money that goes back; what holds an order up.

alter table commerce.order_line
    add column shipped bigint not null default 0,
    add column cancelled bigint not null default 0;
update commerce.order_line l set shipped = quantity
from commerce.sales_order o where o.id = l.order_id and o.state = 'shipped';
alter table commerce.order_line
    drop constraint order_line_not_over_returned,
    add constraint order_line_not_over_shipped check (shipped >= 0 and cancelled >= 0 and shipped + cancelled <= quantity),
    add constraint order_line_not_over_returned check (returned between 0 and shipped);

-- What the buyer need not pay of what was agreed, or gets back: for returned goods, or out of goodwill.
alter table commerce.sales_order
    add column credit_minor bigint not null default 0
        constraint order_credit_in_bounds check (credit_minor between 0 and total_minor);

-- One shipment by its own number, and what was in it: a repeated message ships nothing twice.
create table commerce.order_shipment (
    order_id uuid not null references commerce.sales_order,
    reference text not null,
    goods json not null,
    at timestamptz not null,
    primary key (order_id, reference)
);

-- One credit by its own number.
create table commerce.order_credit (
    order_id uuid not null references commerce.sales_order,
    reference text not null,
    minor bigint not null constraint order_credit_positive check (minor > 0),
    why text not null,
    at timestamptz not null,
    primary key (order_id, reference)
);

-- One change of an order by its own number.
create table commerce.order_change (
    order_id uuid not null references commerce.sales_order,
    reference text not null,
    at timestamptz not null,
    primary key (order_id, reference)
);

-- Why an order does not go on until somebody has looked at it.
create table commerce.order_hold (
    order_id uuid not null references commerce.sales_order,
    kind text not null constraint order_hold_kind check (kind in ('fraud', 'payment', 'address', 'review')),
    reason text not null,
    placed_at timestamptz not null,
    lifted_at timestamptz,
    primary key (order_id, kind, placed_at)
);
create unique index order_hold_open on commerce.order_hold (order_id, kind) where lifted_at is null;
create index order_hold_queue on commerce.order_hold (placed_at, order_id) where lifted_at is null;

-- What units ``from_units`` to ``to_units`` of a line of ``quantity`` come to of its money: shares of a whole add up to it.
create function commerce.share(minor bigint, quantity bigint, from_units bigint, to_units bigint) returns bigint
    immutable strict parallel safe
    return (trunc(minor::numeric * to_units / quantity) - trunc(minor::numeric * from_units / quantity))::bigint;
