-- Promotions on the shelf: their prices stand in price lists of pricing that belong to the shelf alone.

create table commerce.shelf_list (
    code text primary key constraint shelf_list_known references commerce.price_list
);

-- Locked while an item's prices on the shelf are made, so that who makes them last has read what is so.
create table commerce.shelf_item (
    sku text primary key
);
