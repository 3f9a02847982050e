-- Documents: what was issued, numbered without gaps, and never changed after.

create table commerce.document_seller (
    code text primary key constraint document_seller_code_form check (code ~ '^[A-Z0-9][A-Z0-9-]{0,19}$'),
    body json not null
);

create table commerce.document_series (
    code text primary key constraint document_series_code_form check (code ~ '^[A-Z0-9][A-Z0-9-]{0,19}$'),
    kind text not null constraint document_series_kind check (kind in ('confirmation', 'invoice', 'correction',
        'advance', 'final', 'receipt', 'delivery-note', 'return-slip')),
    seller text not null constraint document_series_seller references commerce.document_seller,
    pattern text not null,
    reset text not null constraint document_series_reset check (reset in ('yearly', 'monthly', 'never')),
    channels text[] not null,
    given text not null constraint document_series_given check (given in ('nobody', 'asked', 'everybody')),
    language text not null constraint document_series_language check (language in ('pl', 'en')),
    active boolean not null,
    constraint document_series_pattern_once unique (seller, pattern)
);

-- The last number of a series in a period: its lock is what lets numbers go out one after another.
create table commerce.document_counter (
    series text not null references commerce.document_series,
    period text not null,
    last bigint not null constraint document_counter_grows check (last > 0),
    primary key (series, period)
) with (fillfactor = 50);

-- A document as it was issued. ``cause`` is why, once; ``owner`` who may see it, and the only thing that ever changes.
create table commerce.document (
    id uuid primary key,
    kind text not null,
    series text not null references commerce.document_series,
    period text not null,
    number bigint not null constraint document_number_positive check (number > 0),
    name text not null,
    seller text not null,
    order_id uuid not null,
    order_number bigint not null,
    owner uuid not null,
    channel text not null,
    buyer text not null,
    currency text not null,
    net_minor bigint not null,
    tax_minor bigint not null,
    gross_minor bigint not null,
    corrects uuid,
    cause text not null,
    issued_on date not null,
    issued_at timestamptz not null,
    body json not null,
    digest bytea not null,
    -- in which order documents of one order came, which is locked meanwhile
    seq bigint not null generated always as identity,
    constraint document_number_once unique (series, period, number),
    constraint document_name_once unique (seller, name),
    constraint document_once_per_cause unique (cause),
    constraint document_sums check (net_minor + tax_minor = gross_minor)
);
create index document_order on commerce.document (order_id);
create index document_owner on commerce.document (owner, id);
revoke update, delete, truncate on commerce.document from rynek_commerce;
grant update (owner) on commerce.document to rynek_commerce;

-- Who wants an invoice for an order, and to which name.
create table commerce.document_wish (
    order_id uuid primary key,
    buyer json not null,
    at timestamptz not null
);

-- What a currency was worth in another, by whom and when it was told.
create table commerce.exchange_rate (
    currency text not null constraint exchange_rate_currency_form check (currency ~ '^[A-Z]{3}$'),
    local text not null constraint exchange_rate_local_form check (local ~ '^[A-Z]{3}$'),
    day date not null,
    millionths bigint not null constraint exchange_rate_positive check (millionths > 0),
    source text not null,
    primary key (currency, local, day)
);
