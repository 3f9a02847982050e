-- Dynamic prices: the rules, what stands, what waits for a person, and why every price moved.

-- Whether a channel's prices may move, and the list they are written to.
create table commerce.reprice_switch (
    channel text primary key constraint reprice_switch_channel references commerce.channel,
    "on" boolean not null,
    reason text not null,
    priority int not null,
    every_minutes int not null constraint reprice_switch_every check (every_minutes between 1 and 1440),
    list text not null,
    currency text not null,
    basis text not null,
    country text not null,
    at timestamptz not null,
    begun_at timestamptz
);

create table commerce.reprice_rule (
    code text primary key,
    channel text not null constraint reprice_rule_channel references commerce.channel,
    rule json not null
);

create table commerce.reprice_rule_entry (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    by uuid not null,
    code text not null,
    rule json
);

-- What stands of an item's dynamic price: it lies on the list's price and begins with it (from_at).
create table commerce.reprice_state (
    channel text not null references commerce.reprice_switch,
    sku text not null constraint reprice_state_sku references commerce.variant,
    minor bigint,
    from_at timestamptz,
    until_at timestamptz,
    minimums bigint[] not null default '{}',
    base_minor bigint,
    moved_at timestamptz,
    direction int not null default 0 constraint reprice_state_direction check (direction between -1 and 1),
    rejected_at timestamptz,
    primary key (channel, sku)
) with (fillfactor = 85);

-- Every move and where it came from. Nobody rewrites it.
create table commerce.reprice_move (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    channel text not null,
    sku text not null,
    rule text,
    kind text not null,
    before bigint not null,
    after bigint not null,
    base bigint not null,
    why json not null,
    facts json not null,
    by uuid
);
create index reprice_move_item on commerce.reprice_move (channel, sku, id);
create index reprice_move_channel on commerce.reprice_move (channel, id);
revoke update, delete, truncate on commerce.reprice_move, commerce.reprice_rule_entry from rynek_commerce;

create table commerce.reprice_proposal (
    id uuid primary key,
    made_at timestamptz not null,
    channel text not null,
    sku text not null,
    rule text not null,
    before bigint not null,
    after bigint not null,
    base bigint not null,
    why json not null,
    facts json not null,
    state text not null default 'open'
        constraint reprice_proposal_state check (state in ('open', 'approved', 'rejected', 'lapsed')),
    decided_at timestamptz,
    by uuid,
    note text not null default ''
);
create unique index reprice_proposal_once on commerce.reprice_proposal (channel, sku) where state = 'open';
create index reprice_proposal_open on commerce.reprice_proposal (channel, id) where state = 'open';
