-- Shipping: who brings goods to buyers, the label of each parcel, and where it was seen.

-- Whoever takes parcels. ``sealed``: what we are known by there, which only this installation opens.
create table commerce.carrier (
    code text primary key constraint carrier_code_form check (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    kind text not null,
    active boolean not null default true,
    body json not null,
    sealed bytea
);

-- A parcel on its way to a label and then to the buyer. ``asking``: somebody went to the carrier, and what came of it
-- is not written yet, so the carrier is asked what it knows before it is asked for anything again.
create table commerce.consignment (
    parcel uuid primary key,
    order_id uuid not null,
    location text not null,
    carrier text not null constraint consignment_carrier_known references commerce.carrier,
    state text not null default 'waiting' constraint consignment_state check (
        state in ('waiting', 'asking', 'labelled', 'refused', 'cancelled')),
    body json not null,
    tries int not null default 0,
    asked_at timestamptz,
    why text not null default '',
    tracking text,
    outside text not null default '',
    file text,
    standing text not null default 'announced' constraint consignment_standing check (standing in (
        'announced', 'collected', 'in-transit', 'out-for-delivery', 'ready', 'failed', 'delivered', 'returned')),
    looks int not null default 0,
    made_at timestamptz not null,
    labelled_at timestamptz,
    constraint consignment_label_whole check (state <> 'labelled' or tracking is not null and file is not null)
) with (fillfactor = 70);
create unique index consignment_tracking_once on commerce.consignment (carrier, tracking) where state = 'labelled';
create index consignment_order on commerce.consignment (order_id);
create index consignment_unlabelled on commerce.consignment (made_at) where state in ('waiting', 'asking', 'refused');

-- Where a parcel was seen: said twice it is there once. Nobody rewrites it.
create table commerce.sighting (
    parcel uuid not null references commerce.consignment,
    at timestamptz not null,
    status text not null,
    note text not null,
    place text not null,
    primary key (parcel, at, status, note)
);
revoke update, delete, truncate on commerce.sighting from rynek_commerce;
