-- Simulations: a draft tried on what was really bought. A simulation is counted portion by portion; where it stands and
-- what it has summed up move in one transaction, so it goes on after a crash and counts no basket twice.

create table commerce.simulation (
    id uuid primary key,
    name text not null,
    wanted json not null,
    given json not null,
    state text not null default 'waiting'
        constraint simulation_state check (state in ('waiting', 'running', 'done', 'cancelled', 'failed')),
    actor_kind text not null,
    actor uuid not null,
    at timestamptz not null,
    began_at timestamptz,
    ended_at timestamptz,
    counted_at timestamptz,
    total bigint,
    baskets bigint not null default 0,
    lines bigint not null default 0,
    position text not null default '{}',
    failures int not null default 0,
    error text not null default '',
    constraint simulation_ends check ((ended_at is not null) = (state in ('done', 'cancelled', 'failed')))
);
create index simulation_open on commerce.simulation (id) where ended_at is null;

-- What was summed up: all of it (part 'all'), by day, item, category, place, promotion and reason.
create table commerce.simulation_sum (
    simulation uuid not null references commerce.simulation,
    part text not null,
    key text not null,
    baskets bigint not null,
    lines bigint not null,
    units bigint not null,
    before_minor bigint not null,
    after_minor bigint not null,
    net_before bigint not null,
    net_after bigint not null,
    costed_before bigint not null,
    costed_after bigint not null,
    margin_before bigint not null,
    margin_after bigint not null,
    primary key (simulation, part, key)
);

-- The customers that the draft reached, each once; and how often each had a promotion that a customer may have so often.
create table commerce.simulation_reach (
    simulation uuid not null references commerce.simulation,
    customer uuid not null,
    promotion text not null,
    times bigint not null,
    primary key (simulation, customer, promotion)
);
