-- Lots and serial numbers, of the items that want them. A serial number is a lot of one.

-- What an item wants; ``fresh_days``: its lots have a best-before date, and so many days of it must be left when a lot
-- is taken off the shelf.
create table commerce.tracked (
    sku text primary key,
    by text not null constraint tracked_by check (by in ('none', 'lots', 'serials')),
    fresh_days int constraint tracked_fresh check (fresh_days between 0 and 3650)
);

create table commerce.lot (
    sku text not null references commerce.tracked,
    lot text not null,
    best_before date,
    primary key (sku, lot)
);

-- What is there of a lot, of it ``taken`` off the shelf for lists and ``blocked`` because it is too old to be sold.
-- Units of lot '' are of a lot that nobody has said: fewer than none, where more of them left than came.
create table commerce.lot_level (
    sku text not null references commerce.tracked,
    location text not null references commerce.location,
    lot text not null,
    one boolean not null,
    units bigint not null default 0 constraint lot_not_below_zero check (lot = '' or units >= 0),
    taken bigint not null default 0 constraint lot_taken_not_negative check (taken >= 0),
    blocked bigint not null default 0 constraint lot_blocked_not_negative check (blocked >= 0),
    primary key (sku, location, lot),
    constraint lot_not_over_taken check (lot = '' or taken + blocked <= units),
    constraint lot_unsaid_stays check (lot <> '' or taken + blocked = 0),
    constraint lot_serial_is_one check (not one or lot = '' or units <= 1)
) with (fillfactor = 70);
create unique index lot_serial_once on commerce.lot_level (sku, lot) where one and units > 0 and lot <> '';

-- Which lots were taken off the shelf for a list.
create table commerce.lot_taken (
    list uuid not null,
    sku text not null,
    location text not null,
    lot text not null,
    units bigint not null constraint lot_taken_positive check (units > 0),
    primary key (list, sku, location, lot)
);

-- The ledger of lots; ``holder``: whose units they were. ``assumed``: nobody said which lot it was. Nobody rewrites it.
create table commerce.lot_entry (
    at timestamptz not null,
    sku text not null,
    location text not null,
    lot text not null,
    units bigint not null,
    cause text not null,
    reference text not null,
    holder uuid,
    assumed boolean not null
);
create index lot_entry_of on commerce.lot_entry (sku, lot, at);
create index lot_entry_holder on commerce.lot_entry (holder, sku) where holder is not null;
revoke update, delete, truncate on commerce.lot_entry from rynek_commerce;

create table commerce.transfer_lot (
    transfer uuid not null references commerce.transfer,
    sku text not null,
    lot text not null,
    units bigint not null constraint transfer_lot_positive check (units > 0),
    received bigint,
    primary key (transfer, sku, lot)
);

-- A level that is kept by lot is the sum of its lots when a transaction ends. Whether it is so kept stands in the level
-- itself: of items that want no lots nothing is asked beyond that.
alter table commerce.level add column by_lot boolean not null default false;

create function commerce.level_is_its_lots() returns trigger language plpgsql as $$
declare
    there bigint;
    lots bigint;
begin
    select on_hand into there from commerce.level where sku = new.sku and location = new.location and by_lot;
    if found then
        select coalesce(sum(units), 0) into lots from commerce.lot_level where sku = new.sku and location = new.location;
        if lots <> there then
            raise exception 'of % at % there are %, and % of lots', new.sku, new.location, there, lots
                using errcode = 'check_violation', constraint = 'level_is_its_lots';
        end if;
    end if;
    return null;
end $$;

create constraint trigger level_is_its_lots after insert or update of on_hand, by_lot on commerce.level
    deferrable initially deferred for each row when (new.by_lot) execute function commerce.level_is_its_lots();
create constraint trigger lots_are_their_level after insert or update of units on commerce.lot_level
    deferrable initially deferred for each row execute function commerce.level_is_its_lots();
