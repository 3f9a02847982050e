-- Amendments: what was changed about orders before they left, each change once.

create table commerce.amendment (
    order_id uuid not null,
    reference text not null,
    asked json not null,
    answered json not null,
    difference_minor bigint not null,
    total_minor bigint not null constraint amendment_total_not_negative check (total_minor >= 0),
    at timestamptz not null,
    actor_kind text not null,
    actor uuid not null,
    primary key (order_id, reference)
);
revoke update, delete, truncate on commerce.amendment from rynek_commerce;

-- For how long buyers may change their orders themselves; no row: until some of them has left.
create table commerce.amendment_window (
    channel text primary key,
    minutes int constraint amendment_window_not_negative check (minutes >= 0)
);
