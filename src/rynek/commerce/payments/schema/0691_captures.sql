-- How an authorisation can be captured, where its provider says so of each: in parts, once, or only whole.
alter table commerce.payment add column captures text
    constraint payment_captures check (captures in ('parts', 'once', 'whole'));
