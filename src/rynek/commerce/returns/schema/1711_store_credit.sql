-- What buyers may have for what they give back: store credit too.
alter table commerce.rma drop constraint rma_wish;
alter table commerce.rma add constraint rma_wish check (wish in ('refund', 'exchange', 'repair', 'store-credit'));
