-- Stock: what lies where (level), what is set aside (hold), and why it is as it is (stock_entry).

create table commerce.location (
    code text primary key constraint location_code_form check (code ~ '^[A-Z0-9][A-Z0-9-]{0,19}$'),
    name text not null,
    kind text not null constraint location_kind check (kind in ('store', 'warehouse')),
    country text not null default 'PL',
    active boolean not null default true
);

-- Which locations promise to which channel, and in what order they are asked.
create table commerce.location_channel (
    channel text not null,
    location text not null references commerce.location,
    rank int not null default 100,
    primary key (channel, location)
);

-- Units kept back from a channel at a location: of all items (sku '') or of one.
create table commerce.safety (
    channel text not null,
    location text not null references commerce.location,
    sku text not null default '',
    units bigint not null constraint safety_not_negative check (units >= 0),
    primary key (channel, location, sku)
);

-- A store may owe: what left over the counter is gone, whatever the book says. A warehouse may not.
create table commerce.level (
    sku text not null,
    location text not null constraint level_location_known references commerce.location,
    on_hand bigint not null default 0,
    held bigint not null default 0 constraint level_held_not_negative check (held >= 0),
    inbound bigint not null default 0 constraint level_inbound_not_negative check (inbound >= 0),
    may_owe boolean not null default false,
    primary key (sku, location),
    constraint level_not_oversold check (may_owe or held <= on_hand)
) with (fillfactor = 70);
create index level_owing on commerce.level (location, sku) where on_hand < 0;

create table commerce.hold (
    holder uuid not null,
    sku text not null,
    location text not null,
    units bigint not null constraint hold_units_positive check (units > 0),
    until timestamptz,
    primary key (holder, sku, location)
);
create index hold_lapsing on commerce.hold (until) where until is not null;

-- The ledger: a level's on_hand is the sum of its entries, always. Nobody rewrites it.
create table commerce.stock_entry (
    at timestamptz not null,
    sku text not null,
    location text not null,
    units bigint not null,
    cause text not null,
    reference text not null
);
create index stock_entry_item on commerce.stock_entry (sku, location, at);
revoke update, delete, truncate on commerce.stock_entry from rynek_commerce;

-- One goods receipt, count or adjustment by its own number: a repeated message moves nothing.
create table commerce.stock_document (
    location text not null constraint stock_document_location_known references commerce.location,
    reference text not null,
    kind text not null,
    reason text not null default '',
    at timestamptz not null,
    primary key (location, reference)
);

create table commerce.transfer (
    id uuid primary key,
    origin text not null constraint transfer_origin_known references commerce.location,
    destination text not null constraint transfer_destination_known references commerce.location,
    sent_at timestamptz not null,
    received_at timestamptz,
    constraint transfer_elsewhere check (origin <> destination)
);

create table commerce.transfer_line (
    transfer uuid not null references commerce.transfer,
    sku text not null,
    units bigint not null constraint transfer_units_positive check (units > 0),
    received bigint,
    primary key (transfer, sku)
);
