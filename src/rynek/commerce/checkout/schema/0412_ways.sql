-- Whose lockers a delivery ends at (null: anybody's), and whether the buyer chooses hours.
alter table commerce.delivery_option
    add column carrier text,
    add column windowed boolean not null default false;
