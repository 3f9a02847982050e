-- Prices: lists say for whom and where, prices say how much; what ever was said is kept (entries), so that any price of
-- any day can be explained and the lowest of the last 30 days is known.

create table commerce.price_list (
    code text primary key constraint price_list_code_form check (code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$'),
    name text not null,
    currency text not null,
    basis text not null constraint price_list_basis check (basis in ('gross', 'net')),
    channel text constraint price_list_channel references commerce.channel,
    customer_group text,
    priority int not null,
    from_at timestamptz,
    until_at timestamptz,
    active boolean not null,
    constraint price_list_period check (from_at < until_at)
);

-- Of overlapping periods the later begun counts: a promotion lies on the price that lasts.
create table commerce.price (
    sku text not null constraint price_sku references commerce.variant,
    list text not null constraint price_of_list references commerce.price_list,
    minimum bigint not null constraint price_minimum_positive check (minimum > 0),
    from_at timestamptz,
    until_at timestamptz,
    minor bigint not null constraint price_not_negative check (minor >= 0),
    constraint price_once unique nulls not distinct (sku, list, minimum, from_at),
    constraint price_period check (from_at < until_at)
);

create table commerce.price_entry (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    sku text not null,
    list text not null,
    minimum bigint not null,
    from_at timestamptz,
    until_at timestamptz,
    minor bigint
);
create index price_entry_sku on commerce.price_entry (sku, id);

create table commerce.price_list_entry (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    code text not null,
    currency text not null,
    basis text not null,
    channel text,
    customer_group text,
    priority int not null,
    from_at timestamptz,
    until_at timestamptz,
    active boolean not null
);
create index price_list_entry_code on commerce.price_list_entry (code, id);
revoke update, delete, truncate on commerce.price_entry, commerce.price_list_entry from rynek_commerce;

create table commerce.tax_rate (
    country text not null constraint tax_rate_country_form check (country ~ '^[A-Z]{2}$'),
    category text not null,
    from_at timestamptz,
    rate_bp int not null constraint tax_rate_range check (rate_bp between 0 and 10000),
    label text not null,
    constraint tax_rate_once unique nulls not distinct (country, category, from_at)
);
