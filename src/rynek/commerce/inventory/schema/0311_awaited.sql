-- What may be sold beyond what is there, and who waits for it. ``sold``: units of ``most`` that orders wait for.
create table commerce.beyond (
    channel text not null,
    sku text not null,
    kind text not null constraint beyond_kind check (kind in ('none', 'backorder', 'preorder')),
    most bigint not null constraint beyond_most_not_negative check (most >= 0),
    from_on date,
    sold bigint not null default 0 constraint beyond_sold_not_negative check (sold >= 0),
    primary key (channel, sku),
    constraint beyond_not_oversold check (sold <= most),
    constraint beyond_preorder_day check (kind <> 'preorder' or from_on is not null)
) with (fillfactor = 70);

-- Units that somebody was promised and nobody has yet; with none left, the promise as it was kept.
create table commerce.awaited (
    holder uuid not null,
    sku text not null,
    channel text not null,
    units bigint not null constraint awaited_units_not_negative check (units >= 0),
    since timestamptz not null,
    promised_on date,
    first_promised_on date,
    primary key (holder, sku)
) with (fillfactor = 80);
create index awaited_queue on commerce.awaited (sku, since, holder) where units > 0;
