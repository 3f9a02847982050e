-- What searching keeps beside the index, which is no truth and can be thrown away.

-- Units that left the house for buyers, by day: what sells. Follows the log.
create table commerce.search_sold (
    sku text not null,
    sold_on date not null,
    units bigint not null,
    primary key (sku, sold_on)
);
create index search_sold_on on commerce.search_sold (sold_on);

-- What counts how much; the channel '' is for all that have none of their own.
create table commerce.search_weights (
    channel text primary key,
    given json not null
);
create table commerce.search_synonym (
    id uuid primary key,
    given json not null
);
create table commerce.search_rule (
    id uuid primary key,
    given json not null
);

-- What was looked for, by day; chosen counts searches from which something was chosen. Nothing says who.
create table commerce.search_asked (
    channel text not null,
    asked_on date not null,
    query text not null,
    searches bigint not null default 0,
    empty bigint not null default 0,
    chosen bigint not null default 0,
    primary key (channel, asked_on, query),
    constraint search_asked_counts check (searches >= 0 and empty >= 0 and chosen >= 0)
);

-- How often something stood on a place, and was chosen there.
create table commerce.search_place (
    channel text not null,
    asked_on date not null,
    place int not null,
    shown bigint not null default 0,
    chosen bigint not null default 0,
    primary key (channel, asked_on, place)
);

-- Searches from which something was chosen, so that each counts once; forgotten after two days.
create table commerce.search_chosen (
    search uuid primary key,
    chosen_on date not null
);
