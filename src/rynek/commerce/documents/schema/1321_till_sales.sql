-- Receipts of tills that documents are about: the row is locked by whoever issues one. ``owner`` asked for the invoice.
create table commerce.document_receipt (
    id uuid primary key,
    store text not null,
    till text not null,
    number bigint not null,
    owner uuid not null,
    constraint document_receipt_known foreign key (store, till, number) references commerce.receipt,
    constraint document_receipt_once unique (store, till, number)
);
revoke delete, truncate on commerce.document_receipt from rynek_commerce;

create index document_receipt_owner on commerce.document_receipt (owner);

create index document_to_receipt on commerce.document (issued_on) where body ->> 'receipt' is not null;
