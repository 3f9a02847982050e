-- Who may come in: people, devices and programs, and the sessions they came in with. Guests are not kept: their token is all.

create table security.actor (
    id uuid primary key,
    kind text not null constraint actor_kind check (kind in ('customer', 'staff', 'till', 'workload')),
    name text not null default '',
    email text constraint actor_email_once unique,
    password text,
    roles text[] not null default '{}',
    location text,
    active boolean not null default true,
    created_at timestamptz not null,
    constraint actor_logs_in_or_not check (
        (kind in ('customer', 'staff')) = (email is not null) and (email is null) = (password is null)
    ),
    constraint actor_till_stands_somewhere check (kind <> 'till' or location is not null)
);
create index actor_kind_name on security.actor (kind, name, id) where kind <> 'customer';

-- Only the hash of a token is kept: whoever reads this table cannot come in with it.
create table security.session (
    id uuid primary key,
    token bytea not null constraint session_token_once unique,
    actor uuid not null references security.actor on delete cascade,
    agent text not null default '',
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index session_actor on security.session (actor);
create index session_expiring on security.session (expires_at);

-- Codes that turn a device into a till, once.
create table security.enrolment (
    code bytea primary key,
    till uuid not null references security.actor on delete cascade,
    expires_at timestamptz not null
);

-- Tries to log in, by a keyed hash of account or address, counted before the password is looked at.
create table security.throttle (
    key bytea primary key,
    tries int not null,
    until timestamptz not null
);
create index throttle_ending on security.throttle (until);
