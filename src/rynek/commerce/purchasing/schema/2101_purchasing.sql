-- Goods that come in: who sends them, what was ordered of whom for when, what came, and what was different about it.

create table commerce.supplier (
    code text primary key constraint supplier_code_form check (code ~ '^[A-Z0-9][A-Z0-9-]{0,19}$'),
    name text not null,
    lead_days int not null constraint supplier_lead check (lead_days between 0 and 730),
    currency text not null,
    email text not null default '',
    active boolean not null default true
);

-- What a supplier sends, in what packs and for how much. Costs are net, for one unit, in the supplier's currency.
create table commerce.supplier_item (
    supplier text not null constraint supplier_item_supplier_known references commerce.supplier,
    sku text not null,
    code text not null default '',
    lead_days int constraint supplier_item_lead check (lead_days between 0 and 730),
    pack bigint not null constraint supplier_item_pack_positive check (pack > 0),
    minimum bigint not null constraint supplier_item_minimum_positive check (minimum > 0),
    cost_minor bigint constraint supplier_item_cost_not_negative check (cost_minor >= 0),
    active boolean not null default true,
    primary key (supplier, sku)
);
create index supplier_item_sku on commerce.supplier_item (sku);

create table commerce.purchase (
    id uuid primary key,
    number bigint not null generated always as identity constraint purchase_number_once unique,
    supplier text not null constraint purchase_supplier_known references commerce.supplier,
    currency text not null,
    state text not null default 'draft' constraint purchase_state check (
        state in ('draft', 'sent', 'confirmed', 'partly-received', 'closed', 'cancelled')),
    note text not null default '',
    made_at timestamptz not null,
    sent_at timestamptz,
    confirmed_at timestamptz,
    closed_at timestamptz
);
create index purchase_state_of on commerce.purchase (state, id);
create index purchase_supplier on commerce.purchase (supplier, id);

-- ``received``: in stock and counted against what was ordered; ``dropped``: will not come; ``extra``: taken on top.
create table commerce.purchase_line (
    purchase uuid not null references commerce.purchase,
    line int not null,
    sku text not null,
    location text not null constraint purchase_line_location_known references commerce.location,
    units bigint not null constraint purchase_line_units_positive check (units > 0),
    cost_minor bigint not null constraint purchase_line_cost_not_negative check (cost_minor >= 0),
    promised_on date,
    first_promised_on date,
    received bigint not null default 0 constraint purchase_line_received_not_negative check (received >= 0),
    dropped bigint not null default 0 constraint purchase_line_dropped_not_negative check (dropped >= 0),
    extra bigint not null default 0 constraint purchase_line_extra_not_negative check (extra >= 0),
    primary key (purchase, line),
    constraint purchase_line_not_over check (received + dropped <= units)
) with (fillfactor = 80);
create index purchase_line_coming on commerce.purchase_line (sku, promised_on) where received + dropped < units;
create index purchase_line_there on commerce.purchase_line (location, promised_on) where received + dropped < units;

-- A delivery as it was counted at the door, once by its number. Nobody rewrites it.
create table commerce.goods_receipt (
    id uuid primary key,
    purchase uuid not null references commerce.purchase,
    location text not null,
    reference text not null,
    complete boolean not null,
    at timestamptz not null,
    actor uuid not null,
    constraint goods_receipt_once unique (purchase, location, reference)
);
create table commerce.goods_receipt_line (
    receipt uuid not null references commerce.goods_receipt,
    sku text not null,
    units bigint not null constraint goods_receipt_units_not_negative check (units >= 0),
    damaged bigint not null constraint goods_receipt_damaged_not_negative check (damaged >= 0),
    reason text not null,
    primary key (receipt, sku)
);
-- How much of a delivery went to which line: what lead times are measured by.
create table commerce.goods_receipt_part (
    receipt uuid not null references commerce.goods_receipt,
    line int not null,
    units bigint not null constraint goods_receipt_part_positive check (units > 0),
    primary key (receipt, line)
);
revoke update, delete, truncate on commerce.goods_receipt, commerce.goods_receipt_line, commerce.goods_receipt_part
    from rynek_commerce;

-- What was different from what was ordered: work, until somebody has settled it with the supplier.
create table commerce.purchase_difference (
    id uuid primary key,
    purchase uuid not null references commerce.purchase,
    receipt uuid not null references commerce.goods_receipt,
    location text not null,
    line int,
    kind text not null constraint purchase_difference_kind check (kind in ('less', 'more', 'damaged', 'wrong')),
    sku text not null,
    units bigint not null constraint purchase_difference_units_positive check (units > 0),
    reason text not null,
    found_at timestamptz not null,
    resolution text constraint purchase_difference_resolution check (
        resolution in ('credit', 'accept', 'expect', 'came')),
    note text not null default '',
    resolved_at timestamptz,
    resolver uuid,
    constraint purchase_difference_settled check ((resolution is null) = (resolved_at is null))
);
create index purchase_difference_open on commerce.purchase_difference (id) where resolution is null;
create index purchase_difference_of on commerce.purchase_difference (purchase);
