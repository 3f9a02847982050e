-- Promotions: rules as data, each version kept; what may be used only so often is counted apart from what it says.

create table commerce.promotion_lane (
    code text primary key constraint promotion_lane_form check (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    position int not null,
    pick text not null constraint promotion_lane_pick check (pick in ('best', 'first', 'all')),
    name text not null
);
insert into commerce.promotion_lane (code, position, pick, name) values
    ('item', 100, 'best', 'Items: the best for each line'),
    ('basket', 200, 'best', 'The basket: the best of its kind'),
    ('code', 300, 'all', 'Codes: on what is left'),
    ('delivery', 400, 'best', 'Delivery');

-- One row that everybody who prices a basket looks at: the same version, the same promotions, wherever it was read.
create table commerce.promotion_version (
    single boolean primary key default true constraint promotion_version_once check (single),
    version uuid not null
);
insert into commerce.promotion_version (version) values (uuidv7());

create table commerce.promotion (
    code text primary key constraint promotion_code_form check (code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$'),
    lane text not null constraint promotion_lane_known references commerce.promotion_lane,
    state text not null constraint promotion_state check (state in ('draft', 'active', 'paused', 'ended')),
    coded boolean not null,
    shelf boolean not null,
    until_at timestamptz,
    version int not null,
    document json not null,
    changed_at timestamptz not null
);
create index promotion_active on commerce.promotion (code) where state = 'active';

create table commerce.promotion_entry (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    code text not null,
    version int not null,
    document json not null,
    actor_kind text not null,
    actor uuid not null,
    constraint promotion_entry_once unique (code, version)
);
revoke update, delete, truncate on commerce.promotion_entry from rynek_commerce;

-- What is limited is counted here, under its limit. A promotion without limits has no row, and its buyers do not meet.
create table commerce.promotion_counter (
    promotion text primary key references commerce.promotion,
    uses bigint,
    used bigint not null default 0,
    budget_minor bigint,
    spent_minor bigint not null default 0,
    constraint promotion_uses_within_limit check (used between 0 and coalesce(uses, used)),
    constraint promotion_budget_within_limit check (spent_minor between 0 and coalesce(budget_minor, spent_minor))
) with (fillfactor = 50);

create table commerce.promotion_share (
    promotion text not null,
    customer uuid not null,
    used bigint not null,
    uses bigint not null,
    primary key (promotion, customer),
    constraint promotion_share_within_limit check (used between 0 and uses)
);

create table commerce.promotion_batch (
    id uuid primary key,
    promotion text not null constraint promotion_batch_of references commerce.promotion,
    prefix text not null,
    size bigint not null constraint promotion_batch_size check (size between 1 and 5000000),
    made bigint not null default 0,
    uses bigint not null,
    until_at timestamptz,
    at timestamptz not null,
    constraint promotion_batch_made check (made between 0 and size)
);

create table commerce.coupon (
    coupon text primary key constraint coupon_form check (coupon ~ '^[A-Z0-9][A-Z0-9-]{2,39}$'),
    promotion text not null constraint coupon_promotion references commerce.promotion,
    uses bigint,
    used bigint not null default 0,
    customer uuid,
    until_at timestamptz,
    batch uuid,
    constraint coupon_uses_within_limit check (used between 0 and coalesce(uses, used))
);
create index coupon_of_promotion on commerce.coupon (promotion, coupon);
create index coupon_of_batch on commerce.coupon (batch, coupon) where batch is not null;

-- What an order had of a promotion; given back when the order is cancelled.
create table commerce.promotion_use (
    order_id uuid not null,
    promotion text not null,
    coupon text,
    customer uuid,
    minor bigint not null constraint promotion_use_not_negative check (minor >= 0),
    at timestamptz not null,
    returned_at timestamptz,
    primary key (order_id, promotion)
);
create index promotion_use_of on commerce.promotion_use (promotion, order_id);

create table commerce.segment_member (
    customer uuid not null,
    segment text not null,
    primary key (customer, segment)
);
