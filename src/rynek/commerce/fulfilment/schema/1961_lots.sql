-- Which lots and serial numbers were picked and packed, of the items that are told by them.
alter table commerce.pick_line add column by_lot boolean not null default false;
alter table commerce.parcel add column lots json;
