-- What a card terminal has printed for the buyer.

alter table commerce.payment_attempt add column receipt text not null default '';
