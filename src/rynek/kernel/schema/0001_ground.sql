-- The ground: the log, reactions' cursors, answers kept for repeated requests, jobs.

create table kernel.event (
    xid xid8 not null default pg_current_xact_id(),
    seq bigint not null generated always as identity (cache 64),
    type text not null,
    key text not null,
    at timestamptz not null,
    data json not null,
    primary key (xid, seq)
) partition by range (xid);

-- By transaction number, so that a reader's cursor prunes what it has read and old news is dropped a table at a time.
create table kernel.event_0 partition of kernel.event for values from ('0') to ('100000000');
create table kernel.event_1 partition of kernel.event for values from ('100000000') to ('200000000');
create table kernel.event_rest partition of kernel.event default;

create table kernel.cursor (
    reaction text primary key,
    xid xid8 not null default '0',
    seq bigint not null default 0,
    moved_at timestamptz not null default now()
);

create table kernel.parked (
    reaction text not null,
    xid xid8 not null,
    seq bigint not null,
    type text not null,
    key text not null,
    at timestamptz not null,
    data json not null,
    error text not null,
    parked_at timestamptz not null default now(),
    primary key (reaction, xid, seq)
);

-- The answer to a request that carried an Idempotency-Key; the key is hashed together with its actor.
create table kernel.answer (
    key bytea primary key,
    fingerprint bytea not null,
    status smallint not null,
    body bytea not null,
    at timestamptz not null default now()
);
create index answer_at on kernel.answer using brin (at);

create table kernel.job (
    id bigint generated always as identity primary key,
    name text not null,
    effect text,
    arguments json not null,
    due_at timestamptz not null,
    attempts smallint not null default 0,
    error text,
    dead boolean not null default false,
    constraint job_effect_once unique (name, effect)
);
create index job_due on kernel.job (due_at) where not dead;

-- Every context writes news, answers and jobs; nobody rewrites news, nor a part of it by its own name.
revoke all on kernel.event_0, kernel.event_1, kernel.event_rest from rynek_kernel;
revoke update, delete on kernel.event from rynek_kernel;
