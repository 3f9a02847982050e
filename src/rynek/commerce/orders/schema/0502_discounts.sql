-- What promotions took off a line, as the channel showed money; it is out of net and gross already.
alter table commerce.order_line add column discount_minor bigint not null default 0
    constraint order_line_discount_not_negative check (discount_minor >= 0);
