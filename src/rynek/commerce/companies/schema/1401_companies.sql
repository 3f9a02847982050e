-- Companies: who buys for them, on which terms, and what they owe.

create table commerce.company (
    id uuid primary key,
    name text not null,
    vat_id text,
    email text not null,
    address json not null,
    currency text not null constraint company_currency_form check (currency ~ '^[A-Z]{3}$'),
    price_group text,
    terms_days int not null constraint company_terms_days check (terms_days between 0 and 365),
    invoicing text not null constraint company_invoicing check (invoicing in ('each', 'week', 'month')),
    period text not null constraint company_period check (period in ('week', 'month', 'quarter', 'year')),
    tax text not null constraint company_tax check (tax in ('standard', 'reverse-charge', 'exempt')),
    certificate text not null,
    exempt_until date,
    assortment json not null,
    restricted boolean not null,
    active boolean not null,
    changed_at timestamptz not null
);
create index company_name on commerce.company ((lower(name) collate "C"), id);
create index company_vat_id on commerce.company (vat_id);

-- What the member states said of a company's VAT number; the last word about the number it has now counts.
create table commerce.company_proof (
    id uuid primary key,
    company uuid not null references commerce.company,
    vat_id text not null,
    at timestamptz not null,
    valid boolean not null,
    name text not null,
    address text not null,
    consultation text not null
);
create index company_proof_of on commerce.company_proof (company, vat_id, at);
revoke update, delete, truncate on commerce.company_proof from rynek_commerce;

create table commerce.company_unit (
    company uuid not null references commerce.company,
    code text not null,
    name text not null,
    parent text,
    budget_minor bigint constraint company_unit_budget check (budget_minor >= 0),
    primary key (company, code),
    constraint company_unit_parent foreign key (company, parent) references commerce.company_unit
);

create table commerce.company_member (
    customer uuid primary key,
    company uuid not null,
    unit text not null,
    name text not null,
    role text not null constraint company_member_role check (role in ('buyer', 'approver', 'admin')),
    order_limit_minor bigint constraint company_member_order_limit check (order_limit_minor >= 0),
    period_limit_minor bigint constraint company_member_period_limit check (period_limit_minor >= 0),
    constraint company_member_unit foreign key (company, unit) references commerce.company_unit
);
create index company_member_of on commerce.company_member (company, unit);

-- A way into a company for whoever shows the token: only its digest is kept.
create table commerce.company_invitation (
    digest bytea primary key,
    company uuid not null,
    unit text not null,
    name text not null,
    role text not null,
    order_limit_minor bigint,
    period_limit_minor bigint,
    until_at timestamptz not null,
    taken_by uuid,
    constraint company_invitation_unit foreign key (company, unit) references commerce.company_unit
);

-- One row for each company. Whoever orders for a company locks it, so that limits and credit are exact.
create table commerce.company_account (
    company uuid primary key references commerce.company,
    limit_minor bigint not null default 0 constraint company_account_limit check (limit_minor >= 0),
    exposure_minor bigint not null default 0 constraint company_account_exposure check (exposure_minor >= 0),
    blocked boolean not null default false,
    constraint company_account_within_limit check (exposure_minor <= limit_minor)
) with (fillfactor = 70);

-- What was ordered by whom: what limits and budgets are measured by.
create table commerce.company_order (
    order_id uuid primary key,
    company uuid not null,
    unit text not null,
    customer uuid not null,
    currency text not null,
    total_minor bigint not null,
    approval uuid,
    at timestamptz not null,
    cancelled boolean not null default false,
    shipped_at timestamptz,
    document uuid
);
create index company_order_of on commerce.company_order (company, at);
create index company_order_to_bill on commerce.company_order (company, shipped_at)
    where shipped_at is not null and document is null;

-- What is owed by an order's payment on account; paid and withdrawn are what its payment says.
create table commerce.company_debt (
    payment uuid primary key,
    order_id uuid not null,
    company uuid not null,
    minor bigint not null constraint company_debt_positive check (minor > 0),
    paid_minor bigint not null default 0,
    withdrawn_minor bigint not null default 0,
    at timestamptz not null,
    due_on date not null,
    constraint company_debt_in_bounds check (
        paid_minor >= 0 and withdrawn_minor >= 0 and paid_minor + withdrawn_minor <= minor)
) with (fillfactor = 80);
create index company_debt_of on commerce.company_debt (company, at);
create index company_debt_order on commerce.company_debt (order_id);

-- The ledger, in double entry: each movement is two lines that come to nothing together. Nobody rewrites it.
create table commerce.company_entry (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    movement uuid not null,
    company uuid not null,
    payment uuid not null,
    account text not null constraint company_entry_account check (account in ('owed', 'sold', 'paid', 'withdrawn')),
    minor bigint not null constraint company_entry_moves check (minor <> 0)
);
create index company_entry_of on commerce.company_entry (company, id);
revoke update, delete, truncate on commerce.company_entry from rynek_commerce;

-- Channels in which consumers too may pay later by invoice.
create table commerce.invoice_channel (
    channel text primary key
);
