-- Subscriptions: what comes again, each delivery at most once, and a history that nobody rewrites.

create table commerce.subscription_plan (
    code text primary key,
    channel text not null,
    name text not null,
    every int not null constraint subscription_plan_every check (every > 0),
    unit text not null constraint subscription_plan_unit check (unit in ('day', 'week', 'month')),
    notice_days int not null,
    active boolean not null
);

create table commerce.subscription (
    id uuid primary key,
    customer uuid not null,
    plan text not null references commerce.subscription_plan,
    channel text not null,
    state text not null constraint subscription_state check (state in ('active', 'paused', 'past-due', 'cancelled')),
    currency text not null,
    agreed_minor bigint not null,
    told_minor bigint,
    told_from date,
    anchor_on date not null,
    cycle int not null,
    next_on date not null,
    tries int not null default 0,
    -- the day on which the price of the coming delivery was looked at last
    looked_on date,
    terms json not null,
    paying json not null,
    started_at timestamptz not null
) with (fillfactor = 90);
create index subscription_customer on commerce.subscription (customer, id);
create index subscription_due on commerce.subscription (next_on, id) where state in ('active', 'past-due');

create table commerce.subscription_cycle (
    subscription uuid not null references commerce.subscription,
    cycle int not null,
    attempt int not null,
    due_on date not null,
    state text not null constraint subscription_cycle_state check (state in ('placed', 'paid', 'skipped', 'failed', 'told')),
    order_id uuid,
    why text not null default '',
    at timestamptz not null,
    primary key (subscription, cycle, attempt)
);
-- of one delivery one order at most is on its way or paid
create unique index subscription_cycle_once on commerce.subscription_cycle (subscription, cycle)
    where state in ('placed', 'paid', 'skipped');
create unique index subscription_cycle_order on commerce.subscription_cycle (order_id) where order_id is not null;

create table commerce.subscription_entry (
    subscription uuid not null references commerce.subscription,
    proof uuid not null,
    at timestamptz not null,
    what text not null,
    note text not null,
    actor_kind text not null,
    actor uuid not null,
    primary key (subscription, proof)
);
revoke update, delete, truncate on commerce.subscription_entry from rynek_commerce;
