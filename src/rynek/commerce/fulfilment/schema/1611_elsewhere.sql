-- What became of units that were not there: who has them now, and how many wait for goods to come in.
alter table commerce.shortage
    add column elsewhere text[] not null default '{}',
    add column waiting bigint not null default 0 constraint shortage_waiting_not_negative check (waiting >= 0);
