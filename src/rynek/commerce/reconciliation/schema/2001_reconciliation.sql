-- What others say that they did with our money: banks, carriers, payment providers. Nothing of it is ever deleted.

-- Who says so. Locked while what they say is taken in, so that it is judged in turn.
create table commerce.reconciliation_source (
    source text primary key
);

-- A statement, report or list as it came in.
create table commerce.reconciliation_document (
    id uuid primary key,
    source text not null references commerce.reconciliation_source,
    form text not null,
    -- what it calls itself
    number text not null,
    -- so many lines it has, and so many of them were new
    lines int not null,
    fresh int not null,
    by_kind text not null,
    by_id uuid not null,
    at timestamptz not null
);
create index reconciliation_document_newest on commerce.reconciliation_document (at desc, id);
revoke delete, truncate on commerce.reconciliation_document from rynek_commerce;

-- One line: money that moved, as they say it. What they say stays; what we make of it may change until it is settled.
create table commerce.reconciliation_line (
    id uuid primary key,
    source text not null references commerce.reconciliation_source,
    -- what makes it one and the same, however often and in whichever document it is told
    identity text not null,
    document uuid not null references commerce.reconciliation_document,
    kind text not null constraint reconciliation_line_kind check (
        kind in ('credit', 'debit', 'remitted', 'payment', 'refund', 'chargeback', 'fee', 'payout', 'other')),
    minor bigint not null,
    currency text not null,
    fee_minor bigint not null default 0,
    original_minor bigint,
    original_currency text,
    booked_on date not null,
    reference text not null,
    text text not null,
    party text not null,
    -- the one payment that it is about, where that is known
    payment uuid,
    state text not null constraint reconciliation_line_state check (state in ('open', 'matched', 'aside', 'resolved')),
    -- why it is work; empty: it is not
    why text not null,
    at timestamptz not null,
    constraint reconciliation_line_once unique (source, identity)
);
create index reconciliation_line_open on commerce.reconciliation_line (booked_on, id) where state = 'open';
create index reconciliation_line_newest on commerce.reconciliation_line (booked_on desc, id desc);
create index reconciliation_line_payment on commerce.reconciliation_line (payment, kind) where payment is not null;
create index reconciliation_line_document on commerce.reconciliation_line (document);
revoke delete, truncate on commerce.reconciliation_line from rynek_commerce;

-- How much of a line went to which payment's ledger.
create table commerce.reconciliation_booking (
    line uuid not null references commerce.reconciliation_line,
    payment uuid not null,
    minor bigint not null constraint reconciliation_booking_positive check (minor > 0),
    at timestamptz not null,
    constraint reconciliation_booking_once primary key (line, payment)
);
create index reconciliation_booking_payment on commerce.reconciliation_booking (payment);
revoke update, delete, truncate on commerce.reconciliation_booking from rynek_commerce;

-- What was done about a line, by whom.
create table commerce.reconciliation_step (
    line uuid not null references commerce.reconciliation_line,
    at timestamptz not null,
    what text not null,
    note text not null,
    by_kind text not null,
    by_id uuid not null
);
create index reconciliation_step_line on commerce.reconciliation_step (line, at);
revoke update, delete, truncate on commerce.reconciliation_step from rynek_commerce;
