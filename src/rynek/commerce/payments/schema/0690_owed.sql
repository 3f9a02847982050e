-- Of what people took by hand: how much is to be given back by hand, all in all.
alter table commerce.payment add column owed_minor bigint not null default 0
    constraint payment_owed_not_negative check (owed_minor >= 0);
create index payment_owed on commerce.payment (id) where not unwinding and owed_minor > refunded_minor;
create index payment_attempt_owed on commerce.payment_attempt (settled_at) where state = 'refused' and kind = 'refund';
