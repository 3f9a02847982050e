-- Wallets: gift cards, store credit and points, each move in a double-entry ledger.

create table commerce.wallet_account (
    id uuid primary key,
    kind text not null constraint wallet_account_kind check (kind in ('gift-card', 'store-credit', 'points')),
    -- ISO 4217, or PTS for points
    currency text not null constraint wallet_account_currency check (currency ~ '^[A-Z]{3}$'),
    -- the customer; a gift card belongs to whoever has its code
    owner uuid,
    -- the code itself is nowhere: only its HMAC, and the last four signs to speak of it
    code_hash bytea constraint wallet_account_code unique,
    hint text not null default '',
    -- the sums of its entries, always
    balance_minor bigint not null default 0,
    aside_minor bigint not null default 0 constraint wallet_aside_not_negative check (aside_minor >= 0),
    -- the last day before something of it may lapse
    expires_on date,
    blocked boolean not null default false,
    at timestamptz not null,
    -- points of goods that came back may be owed, and are earned again before they are spent
    constraint wallet_not_overdrawn check (balance_minor >= 0 or kind = 'points'),
    constraint wallet_account_whose check ((kind = 'gift-card') = (code_hash is not null) and
        (kind = 'gift-card') = (owner is null))
) with (fillfactor = 90);
create unique index wallet_account_owner on commerce.wallet_account (owner, kind, currency) where owner is not null;
create index wallet_account_cards on commerce.wallet_account (id) where kind = 'gift-card';
create index wallet_account_lapsing on commerce.wallet_account (expires_on) where balance_minor > 0;
revoke delete, truncate on commerce.wallet_account from rynek_commerce;

-- The ledger: each entry takes from one book what it puts into another, so it balances by its form. Nobody rewrites it.
create table commerce.wallet_entry (
    id uuid primary key,
    reference text not null constraint wallet_entry_once unique,
    account uuid not null references commerce.wallet_account,
    source text not null,
    target text not null,
    -- rounding may leave nothing to move for a part of a tender, which was asked for all the same
    minor bigint not null constraint wallet_entry_not_negative check (minor >= 0),
    -- what that is of a payment, in the money of its order
    tender_minor bigint,
    order_id uuid,
    why text not null,
    -- the last day on which what came in can be spent
    expires_on date,
    at timestamptz not null,
    constraint wallet_entry_books check (
        source in ('issued', 'available', 'aside', 'spent', 'expired')
        and target in ('issued', 'available', 'aside', 'spent', 'expired') and source <> target)
);
create index wallet_entry_account on commerce.wallet_entry (account, id);
revoke update, delete, truncate on commerce.wallet_entry from rynek_commerce;

-- What payments have set aside, and how much of it (in the order's money) was taken, let go and given back.
create table commerce.wallet_hold (
    payment uuid primary key,
    account uuid not null references commerce.wallet_account,
    order_id uuid not null,
    minor bigint not null constraint wallet_hold_positive check (minor > 0),
    tender_minor bigint not null constraint wallet_hold_tender_positive check (tender_minor > 0),
    gone_minor bigint not null default 0,
    taken_minor bigint not null default 0,
    back_minor bigint not null default 0,
    constraint wallet_hold_in_bounds check (gone_minor between 0 and tender_minor
        and taken_minor between 0 and gone_minor and back_minor between 0 and taken_minor)
);
create index wallet_hold_account on commerce.wallet_hold (account) where gone_minor < tender_minor;
revoke delete, truncate on commerce.wallet_hold from rynek_commerce;

-- Tokens by which a wallet pays once: they lie with the payment, codes never do.
create table commerce.wallet_claim (
    token_hash bytea primary key,
    account uuid not null references commerce.wallet_account,
    -- the money it pays, and what one unit of the account is worth in it
    currency text not null,
    unit_minor bigint not null constraint wallet_claim_unit_positive check (unit_minor > 0),
    until timestamptz not null,
    payment uuid
);
create index wallet_claim_until on commerce.wallet_claim (until);

-- How points are earned and what they are worth.
create table commerce.wallet_programme (
    channel text primary key,
    currency text not null,
    per_minor bigint not null constraint wallet_programme_per check (per_minor > 0),
    point_minor bigint not null constraint wallet_programme_point check (point_minor > 0),
    months int not null constraint wallet_programme_months check (months between 1 and 120),
    tiers json not null,
    active boolean not null,
    changed_at timestamptz not null
);

-- Orders of customers: what they earned, by the terms of the day they were shipped.
create table commerce.wallet_order (
    order_id uuid primary key,
    owner uuid not null,
    channel text not null,
    currency text not null,
    shipped_at timestamptz,
    per_minor bigint not null default 0,
    multiplier_bp int not null default 0,
    expires_on date,
    counted_minor bigint not null default 0,
    points bigint not null default 0 constraint wallet_order_points check (points >= 0)
);
create index wallet_order_spend on commerce.wallet_order (owner, channel, shipped_at) where shipped_at is not null;
revoke delete, truncate on commerce.wallet_order from rynek_commerce;
