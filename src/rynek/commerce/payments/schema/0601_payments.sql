-- Payments: what each tender of an order was asked for, what became of it, and every grosz of it in a ledger.

create table commerce.payment (
    id uuid primary key,
    order_id uuid not null,
    provider text not null,
    method text not null,
    currency text not null,
    amount_minor bigint not null constraint payment_amount_positive check (amount_minor > 0),
    authorised_minor bigint not null default 0,
    captured_minor bigint not null default 0,
    voided_minor bigint not null default 0,
    refunded_minor bigint not null default 0,
    -- what the buyer's device got from the provider, to be charged once
    token text,
    -- what the provider calls the authorisation
    reference text,
    -- its order was cancelled, or had its money already: whatever still arrives goes back
    unwinding boolean not null default false,
    at timestamptz not null,
    constraint payment_authorised_in_bounds check (authorised_minor between 0 and amount_minor),
    constraint payment_captured_in_bounds check (captured_minor between 0 and authorised_minor),
    constraint payment_voided_in_bounds check (voided_minor between 0 and authorised_minor - captured_minor),
    constraint payment_refunded_in_bounds check (refunded_minor between 0 and captured_minor)
) with (fillfactor = 90);
create index payment_order on commerce.payment (order_id);
create index payment_unwinding on commerce.payment (id)
    where unwinding and (captured_minor > refunded_minor or authorised_minor > captured_minor + voided_minor);

-- The ledger: a payment's columns are the sums of its entries, always. Nobody rewrites it. An attempt enters it once
-- with what it moved, and perhaps once more as failed, when the provider first said so and then the contrary.
create table commerce.payment_entry (
    payment uuid not null,
    attempt text not null,
    kind text not null constraint payment_entry_kind
        check (kind in ('authorised', 'captured', 'voided', 'refunded', 'failed')),
    minor bigint not null constraint payment_entry_positive check (minor > 0),
    provider_reference text,
    at timestamptz not null,
    constraint payment_entry_once primary key (payment, attempt, kind)
);
revoke update, delete, truncate on commerce.payment_entry from rynek_commerce;

-- What a provider is asked for, written before it is asked; the key it is asked with is payment and attempt.
create table commerce.payment_attempt (
    payment uuid not null references commerce.payment,
    attempt text not null,
    kind text not null constraint payment_attempt_kind check (kind in ('authorise', 'capture', 'void', 'refund')),
    minor bigint not null constraint payment_attempt_positive check (minor > 0),
    state text not null constraint payment_attempt_state
        check (state in ('asked', 'unknown', 'done', 'refused', 'disputed')),
    error text not null default '',
    tries int not null,
    asked_at timestamptz not null,
    due_at timestamptz not null,
    settled_at timestamptz,
    constraint payment_attempt_once primary key (payment, attempt)
);
create index payment_attempt_due on commerce.payment_attempt (due_at) where state in ('asked', 'unknown');
create index payment_attempt_disputed on commerce.payment_attempt (asked_at) where state = 'disputed';
revoke delete, truncate on commerce.payment_attempt from rynek_commerce;
create index payment_attempt_missed on commerce.payment_attempt (settled_at) where state = 'refused' and kind = 'capture';
