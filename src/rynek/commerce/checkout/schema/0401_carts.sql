-- Carts: one document each, so that a long one costs no more statements than a short one.
-- Whether a cart was placed is not written here: it was when an order has its id.

create table commerce.cart (
    id uuid primary key,
    owner_kind text not null,
    owner uuid not null,
    channel text not null,
    version int not null default 1,
    good_until timestamptz not null,
    changed_at timestamptz not null,
    body json not null
) with (fillfactor = 80);
create index cart_owner on commerce.cart (owner, id);

-- How goods get to the buyer; the price is that of an item of the catalogue, so it is taxed and explained like any other.
create table commerce.delivery_option (
    channel text not null,
    code text not null,
    name text not null,
    kind text not null constraint delivery_option_kind check (kind in ('home', 'pickup', 'locker', 'digital')),
    sku text not null,
    rank int not null default 100,
    active boolean not null default true,
    primary key (channel, code)
);

-- Which prices a customer gets.
create table commerce.price_group_member (
    customer uuid primary key,
    price_group text not null
);
