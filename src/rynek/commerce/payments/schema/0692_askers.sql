-- From where the buyer asks: told to her provider, who weighs it, and kept no longer than until it has answered.
alter table commerce.payment_attempt add column asker text;
