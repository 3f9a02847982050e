-- Fulfilment: where orders are packed, by which rules, and the work that this is.

-- What a location is to fulfilment, beyond what it is to stock.
create table commerce.place (
    location text primary key constraint place_location_known references commerce.location,
    latitude double precision constraint place_latitude check (latitude between -90 and 90),
    longitude double precision constraint place_longitude check (longitude between -180 and 180),
    parcel_minor bigint not null default 0 constraint place_parcel_not_negative check (parcel_minor >= 0),
    tasks int not null default 100 constraint place_tasks_positive check (tasks > 0),
    sends boolean not null default true,
    hands_out boolean not null default false,
    constraint place_whole_point check ((latitude is null) = (longitude is null))
);

-- Where a postcode, or all that begin so, lies.
create table commerce.postcode_area (
    country text not null,
    prefix text not null,
    latitude double precision not null constraint area_latitude check (latitude between -90 and 90),
    longitude double precision not null constraint area_longitude check (longitude between -180 and 180),
    primary key (country, prefix)
);

-- The rules by which a channel's orders find their places, and how long its work may take.
create table commerce.routing (
    channel text primary key,
    version int not null default 1,
    changed_at timestamptz not null,
    body json not null
);

-- Why an order's units are where they are: every decision about it, with what was weighed. Nobody rewrites it.
create table commerce.allocation (
    order_id uuid not null references commerce.sales_order,
    seq bigint not null generated always as identity,
    at timestamptz not null,
    cause text not null,
    body json not null,
    primary key (order_id, seq)
);
revoke update, delete, truncate on commerce.allocation from rynek_commerce;

-- Where shelves stand: aisle by aisle, and how far along the aisle.
create table commerce.bin (
    location text not null constraint bin_location_known references commerce.location,
    sku text not null,
    aisle int not null,
    position int not null,
    shelf text not null default '',
    primary key (location, sku)
);

-- Work: what is to be taken from the shelves of a location for an order.
create table commerce.pick_task (
    id uuid primary key,
    order_id uuid not null references commerce.sales_order,
    number bigint not null,
    location text not null,
    kind text not null constraint pick_task_kind check (kind in ('send', 'hand-out')),
    state text not null default 'open' constraint pick_task_state check (
        state in ('open', 'picking', 'picked', 'packed', 'sent', 'ready', 'collected', 'expired', 'cancelled')),
    priority int not null,
    due_at timestamptz not null,
    made_at timestamptz not null,
    picker uuid,
    started_at timestamptz,
    picked_at timestamptz,
    packed_at timestamptz,
    done_at timestamptz,
    constraint pick_task_somebodys check (state <> 'picking' or picker is not null)
) with (fillfactor = 70);
create unique index pick_task_open_once on commerce.pick_task (order_id, location) where state = 'open';
create index pick_task_order on commerce.pick_task (order_id);
create index pick_task_queue on commerce.pick_task (location, priority, due_at, id) where state = 'open';
create index pick_task_live on commerce.pick_task (location, state) where state in ('open', 'picking', 'picked', 'packed', 'ready');

-- ``put_back``: units that were picked and are wanted no more.
create table commerce.pick_line (
    task uuid not null references commerce.pick_task,
    sku text not null,
    units bigint not null constraint pick_line_not_negative check (units >= 0),
    picked bigint not null default 0,
    put_back bigint not null default 0,
    primary key (task, sku),
    constraint pick_line_not_over_picked check (picked between 0 and units)
) with (fillfactor = 70);

-- What was not where the book said, and why.
create table commerce.shortage (
    id uuid primary key,
    task uuid not null references commerce.pick_task,
    sku text not null,
    units bigint not null constraint shortage_units_positive check (units > 0),
    reason text not null,
    at timestamptz not null,
    actor uuid not null
);
create index shortage_task on commerce.shortage (task);

-- Units of an order that nobody has: they are looked for again when goods come in.
create table commerce.backorder (
    order_id uuid not null references commerce.sales_order,
    sku text not null,
    units bigint not null constraint backorder_units_not_negative check (units >= 0),
    since timestamptz not null,
    primary key (order_id, sku)
);
create index backorder_waiting on commerce.backorder (sku, since, order_id) where units > 0;

-- What goes to a carrier: a parcel, and the list by which a carrier takes parcels over.
create table commerce.handover (
    id uuid primary key,
    location text not null,
    carrier text not null,
    at timestamptz not null,
    actor uuid not null
);
create index handover_of on commerce.handover (location, at);

create table commerce.parcel (
    id uuid primary key,
    task uuid not null references commerce.pick_task,
    order_id uuid not null references commerce.sales_order,
    location text not null,
    carrier text not null,
    tracking text not null,
    weight_g bigint not null constraint parcel_weight_positive check (weight_g > 0),
    goods json not null,
    packed_at timestamptz not null,
    handover uuid references commerce.handover,
    constraint parcel_tracking_once unique (carrier, tracking)
);
create index parcel_task on commerce.parcel (task);
create index parcel_order on commerce.parcel (order_id);
create index parcel_waiting on commerce.parcel (location, carrier) where handover is null;
create index parcel_handover on commerce.parcel (handover) where handover is not null;

create sequence commerce.parcel_number;
