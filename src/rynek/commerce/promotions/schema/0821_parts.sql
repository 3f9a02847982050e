-- What an order had of a promotion, at once or by what was added to it later: given back together.
alter table commerce.promotion_use
    add column part text not null default '',
    drop constraint promotion_use_pkey,
    add primary key (order_id, part, promotion);
