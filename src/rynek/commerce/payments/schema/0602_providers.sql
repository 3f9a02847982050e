-- Providers that send the buyer away and have her come back, and money that the buyer's bank takes back.

alter table commerce.payment
    -- where the buyer has to go for a payment that is pending
    add column action_url text,
    -- what the buyer's bank took back and has not returned; it may be more than is left, when a refund went out as well
    add column disputed_minor bigint not null default 0
        constraint payment_disputed_not_negative check (disputed_minor >= 0);
create index payment_reference on commerce.payment (provider, reference) where reference is not null;

alter table commerce.payment_entry
    drop constraint payment_entry_kind,
    add constraint payment_entry_kind check (
        kind in ('authorised', 'captured', 'voided', 'refunded', 'failed', 'disputed', 'recovered'));

-- What buyers' banks took back: open until it is known whose it is.
create table commerce.payment_dispute (
    payment uuid not null references commerce.payment,
    -- what the provider calls it
    dispute text not null,
    minor bigint not null constraint payment_dispute_positive check (minor > 0),
    reason text not null,
    state text not null default 'open' constraint payment_dispute_state check (state in ('open', 'won', 'lost')),
    answer_by timestamptz,
    opened_at timestamptz not null,
    closed_at timestamptz,
    constraint payment_dispute_once primary key (payment, dispute)
);
create index payment_dispute_open on commerce.payment_dispute (opened_at) where state = 'open';
revoke delete, truncate on commerce.payment_dispute from rynek_commerce;
