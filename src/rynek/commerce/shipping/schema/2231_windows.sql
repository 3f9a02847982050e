-- Hours in which goods are delivered: so many orders, or units, and no more.
create table commerce.delivery_window (
    id uuid primary key,
    channel text not null,
    delivery text not null,
    area text not null,
    begins_at timestamptz not null,
    ends_at timestamptz not null,
    closes_at timestamptz not null,
    capacity int not null constraint delivery_window_capacity check (capacity >= 0),
    counts text not null constraint delivery_window_counts check (counts in ('orders', 'units')),
    active boolean not null,
    taken int not null default 0,
    constraint delivery_window_once unique (channel, delivery, area, begins_at),
    constraint delivery_window_hours check (begins_at < ends_at and closes_at <= begins_at),
    constraint delivery_window_not_overfull check (taken between 0 and capacity)
) with (fillfactor = 70);

-- Which hours an order has.
create table commerce.delivery_slot (
    order_id uuid primary key,
    win uuid not null constraint delivery_slot_window references commerce.delivery_window,
    units int not null constraint delivery_slot_units check (units > 0)
);
create index delivery_slot_of on commerce.delivery_slot (win);
