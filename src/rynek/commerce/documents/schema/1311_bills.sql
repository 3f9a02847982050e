-- What a consolidated invoice comes to for each of its orders, gross.
create table commerce.document_cover (
    document uuid not null references commerce.document,
    order_id uuid not null,
    minor bigint not null,
    primary key (document, order_id)
);
create index document_cover_of on commerce.document_cover (order_id);
create index document_corrects on commerce.document (corrects) where corrects is not null;
revoke update, delete, truncate on commerce.document_cover from rynek_commerce;
