-- Where locations are, for those who collect there and for the labels of what is sent from there.
alter table commerce.place
    add column street text not null default '',
    add column postcode text not null default '',
    add column city text not null default '';
