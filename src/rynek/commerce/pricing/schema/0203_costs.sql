-- What things cost the shop, what they cost elsewhere, and below what they must not be sold. Whatever was said is kept.

-- Net, per piece or per 1000 g or ml; from an instant on (null: as long as we know), everywhere (null) or at one location.
create table commerce.cost (
    sku text not null constraint cost_sku references commerce.variant,
    currency text not null,
    location text,
    from_at timestamptz,
    minor bigint not null constraint cost_not_negative check (minor >= 0),
    constraint cost_once unique nulls not distinct (sku, currency, location, from_at)
);

create table commerce.cost_entry (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    sku text not null,
    currency text not null,
    location text,
    from_at timestamptz,
    minor bigint
);
create index cost_entry_sku on commerce.cost_entry (sku, id);

-- The last that was seen of an item at a competitor; minor null: it is not to be had there.
create table commerce.competitor_price (
    sku text not null constraint competitor_price_sku references commerce.variant,
    competitor text not null,
    currency text not null,
    minor bigint constraint competitor_price_not_negative check (minor >= 0),
    seen_at timestamptz not null,
    source text not null,
    primary key (sku, currency, competitor)
);

create table commerce.competitor_price_entry (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    sku text not null,
    competitor text not null,
    currency text not null,
    minor bigint,
    seen_at timestamptz not null,
    source text not null
);
create index competitor_price_entry_sku on commerce.competitor_price_entry (sku, id);

-- The least a buyer may be asked for, VAT in it: by law, or as agreed with the maker. In one country or all (null).
create table commerce.price_floor (
    sku text not null constraint price_floor_sku references commerce.variant,
    currency text not null,
    country text,
    kind text not null constraint price_floor_kind check (kind in ('statutory', 'agreed')),
    from_at timestamptz,
    until_at timestamptz,
    minor bigint not null constraint price_floor_not_negative check (minor >= 0),
    reason text not null,
    constraint price_floor_once unique nulls not distinct (sku, currency, country, kind, from_at),
    constraint price_floor_period check (from_at < until_at)
);

create table commerce.price_floor_entry (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    sku text not null,
    currency text not null,
    country text,
    kind text not null,
    from_at timestamptz,
    until_at timestamptz,
    minor bigint,
    reason text not null
);
create index price_floor_entry_sku on commerce.price_floor_entry (sku, id);
revoke update, delete, truncate
on commerce.cost_entry, commerce.competitor_price_entry, commerce.price_floor_entry from rynek_commerce;
