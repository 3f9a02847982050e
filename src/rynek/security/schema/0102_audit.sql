-- The audit: one line for each write, in its transaction; sealed in batches, in the order of (xid, seq).

create table security.audit (
    xid xid8 not null default pg_current_xact_id(),
    seq bigint not null generated always as identity (cache 64),
    at timestamptz not null,
    kind text not null,
    actor uuid not null,
    operation text not null,
    target text not null,
    digest bytea not null,
    primary key (xid, seq)
);
create index audit_at on security.audit using brin (at);

-- A seal holds the lines after the seal before it, up to its last one.
create table security.seal (
    number bigint primary key,
    last_xid xid8 not null,
    last_seq bigint not null,
    lines bigint not null,
    content bytea not null,
    prints bytea not null,
    root bytea not null,
    signature bytea not null,
    at timestamptz not null
);

-- The slot in the wall: every context drops lines in, and can neither see nor change what lies behind it.
create view kernel.audit_line as select at, kind, actor, operation, target, digest from security.audit;
revoke all on kernel.audit_line from rynek_kernel;
grant insert on kernel.audit_line to public;

-- Nobody rewrites what happened.
revoke insert, update, delete, truncate on security.audit from rynek_security;
revoke update, delete, truncate on security.seal from rynek_security;
