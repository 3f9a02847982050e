-- Imports and exports: what was asked (exchange), what became of each chunk of rows (exchange_chunk: enough to show the
-- differences and to undo them), the rows that were refused, and mappings kept by name.

create table integration.exchange (
    id uuid primary key,
    direction text not null constraint exchange_direction check (direction in ('import', 'export')),
    sheet text not null,
    name text not null,
    state text not null constraint exchange_state
        check (state in ('open', 'ready', 'waiting', 'running', 'done', 'cancelled', 'failed')),
    phase text not null constraint exchange_phase check (phase in ('rehearsal', 'import', 'undo', 'export')),
    actor text not null,
    actor_id uuid not null,
    created_at timestamptz not null,
    reading text not null,
    guessed text[] not null default '{}',
    header text[] not null default '{}',
    mapping text not null default '{}',
    columns text[] not null default '{}',
    filters text not null default '{}',
    file text,
    size bigint not null default 0,
    total bigint not null default 0,
    stopping boolean not null default false,
    worker uuid,
    until timestamptz,
    began_at timestamptz,
    ended_at timestamptz,
    error text
);
create index exchange_recent on integration.exchange (created_at desc, id);
create index exchange_to_do on integration.exchange (created_at) where state in ('waiting', 'running');

-- In which process's hands it is (worker) until when: who writes a chunk has to have it in hand.
create table integration.exchange_chunk (
    exchange uuid not null references integration.exchange on delete cascade,
    phase text not null,
    number int not null,
    line bigint not null,
    rows int not null,
    new int not null,
    changed int not null,
    unchanged int not null,
    refused int not null,
    body bytea not null,
    primary key (exchange, phase, number)
);

create table integration.exchange_refusal (
    id bigint generated always as identity primary key,
    exchange uuid not null references integration.exchange on delete cascade,
    phase text not null,
    line bigint not null,
    "column" text not null,
    value text not null,
    reason text not null,
    cells text[] not null
);
create index exchange_refusal_of on integration.exchange_refusal (exchange, phase, id);

create table integration.exchange_mapping (
    sheet text not null,
    name text not null,
    mapping text not null,
    reading text not null,
    primary key (sheet, name)
);

-- An exchange with how far it has come in what it does now.
create view integration.exchange_seen as
select
    e.id, e.direction, e.sheet, e.name, e.state, e.phase, e.actor, e.created_at, e.reading, e.guessed, e.header,
    e.mapping, e.columns, e.filters, e.file, e.size, e.total, e.stopping, e.began_at, e.ended_at, e.error,
    coalesce(c.done, 0) as done, coalesce(c.new, 0) as new, coalesce(c.changed, 0) as changed,
    coalesce(c.unchanged, 0) as unchanged, coalesce(c.refused, 0) as refused, e.actor_id
from integration.exchange as e
left join lateral (
    select sum(rows)::bigint as done, sum(new)::bigint as new, sum(changed)::bigint as changed,
        sum(unchanged)::bigint as unchanged, sum(refused)::bigint as refused
    from integration.exchange_chunk as c where c.exchange = e.id and c.phase = e.phase
) as c on true;
