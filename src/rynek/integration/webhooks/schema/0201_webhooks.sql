-- Webhooks: where events are sent, with what secrets, what waits to be sent, and how each attempt went.

create table integration.endpoint (
    id uuid primary key,
    owner_kind text not null,
    owner uuid not null,
    url text not null,
    note text not null default '',
    types text[] not null,
    filter text not null default '',
    personal boolean not null default false,
    -- the policies that whoever chose the types held then: a wildcard means no more than these
    scopes text[] not null,
    active boolean not null default true,
    stopped_at timestamptz,
    stopped_why text not null default '',
    -- transactions from this one on are news to it
    since xid8 not null default pg_snapshot_xmin(pg_current_snapshot()),
    failures int not null default 0,
    failing_since timestamptz,
    failed_why text not null default '',
    delivered_at timestamptz,
    created_at timestamptz not null
);

create table integration.endpoint_secret (
    endpoint uuid not null references integration.endpoint on delete cascade,
    number int not null,
    sealed bytea not null,
    created_at timestamptz not null,
    until_at timestamptz,
    primary key (endpoint, number)
);

create table integration.delivery (
    id uuid primary key,
    endpoint uuid not null references integration.endpoint on delete cascade,
    -- its place in the log, or the name of a ping
    event text not null,
    type text not null,
    happened_at timestamptz not null,
    state text not null default 'waiting' constraint delivery_state check (state in ('waiting', 'delivered', 'parked')),
    attempts smallint not null default 0,
    due_at timestamptz not null,
    queued_at timestamptz not null,
    ended_at timestamptz,
    status smallint,
    error text not null default '',
    -- whatever crashes, an event is one row of an endpoint
    constraint delivery_once unique (endpoint, event)
);
create index delivery_due on integration.delivery (endpoint, due_at) where state = 'waiting';
create index delivery_parked on integration.delivery (endpoint, id) where state = 'parked';
create index delivery_ended on integration.delivery (ended_at) where state <> 'waiting';

create table integration.attempt (
    id uuid primary key,
    delivery uuid not null references integration.delivery on delete cascade,
    number smallint not null,
    at timestamptz not null,
    status smallint,
    duration_ms int not null,
    answer text not null,
    error text not null
);
create index attempt_delivery on integration.attempt (delivery, at);
