-- Parcel lockers, and counters where parcels of a carrier are collected.
create table commerce.pickup_point (
    carrier text not null constraint pickup_point_carrier_known references commerce.carrier,
    code text not null constraint pickup_point_code_form check (code ~ '^[A-Z0-9][A-Z0-9-]{0,19}$'),
    name text not null,
    street text not null,
    postcode text not null,
    city text not null,
    country text not null,
    latitude double precision constraint pickup_point_latitude check (latitude between -90 and 90),
    longitude double precision constraint pickup_point_longitude check (longitude between -180 and 180),
    hours text not null,
    pays boolean not null,
    active boolean not null,
    sought text not null generated always as (
        commerce.folded(code || ' ' || name || ' ' || street || ' ' || postcode || ' ' || city)) stored,
    primary key (carrier, code),
    constraint pickup_point_whole check ((latitude is null) = (longitude is null))
);
create index pickup_point_named on commerce.pickup_point (code);
