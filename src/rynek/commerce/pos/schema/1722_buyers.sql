-- The buyer's VAT id, where a till printed it: what an invoice may be issued by afterwards.
alter table commerce.receipt add column vat_id text;
create index receipt_with_vat_id on commerce.receipt (sold_at) where vat_id is not null;
