-- Click & collect: what lies ready for whoever ordered it, and goods on their way to where it is collected.

alter table commerce.pick_task
    add column shelf text not null default '',
    drop constraint pick_task_kind,
    add constraint pick_task_kind check (kind in ('send', 'hand-out', 'bring'));

-- ``returned``: of what was to be put back, what is back on its shelf.
alter table commerce.pick_line
    add column returned bigint not null default 0,
    add constraint pick_line_not_over_returned check (returned between 0 and put_back);

-- The code itself is kept nowhere: it follows from the id and the installation's secret, and is found by its hash.
create table commerce.collection (
    id uuid primary key,
    order_id uuid not null references commerce.sales_order,
    number bigint not null,
    location text not null,
    state text not null constraint collection_state check (state in ('ready', 'collected', 'expired', 'cancelled')),
    code_hash bytea not null,
    ready_at timestamptz not null,
    remind_at timestamptz,
    reminded_at timestamptz,
    until_at timestamptz not null,
    done_at timestamptz,
    taken_by text constraint collection_taken_by check (taken_by in ('buyer', 'other')),
    taker text not null default '',
    by_code boolean,
    document boolean not null default false,
    clerk uuid,
    constraint collection_over check ((state = 'ready') = (done_at is null)),
    constraint collection_taken check ((state = 'collected') = (taken_by is not null))
) with (fillfactor = 80);
create unique index collection_ready_once on commerce.collection (order_id) where state = 'ready';
create unique index collection_code_once on commerce.collection (location, code_hash) where state = 'ready';
create index collection_code on commerce.collection (location, code_hash);
create index collection_order on commerce.collection (order_id);
create index collection_waiting on commerce.collection (location, until_at) where state = 'ready';
create index collection_remind on commerce.collection (remind_at) where state = 'ready' and reminded_at is null;
create index collection_expire on commerce.collection (until_at) where state = 'ready';

-- How often codes were tried at a place, that nobody finds one by trying.
create table commerce.pickup_guess (
    location text primary key,
    tries int not null,
    until timestamptz not null
);
