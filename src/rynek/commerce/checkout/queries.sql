-- name: channels(codes: text[]) -> ChannelRow[]
-- The active channels among these.
select code, currency, country from commerce.channel where code = any(:codes) and active

-- name: options(channels: text[], codes: text[]) -> OptionRow[]
-- The active delivery options among these.
select o.channel, o.code, o.sku, o.kind, o.windowed from commerce.delivery_option o
where (o.channel, o.code) in (select * from unnest(:channels, :codes)) and o.active

-- name: standing(channels: text[], deliveries: text[], points: text[]) -> Standing[]
-- Those of these points at which the delivery can be collected.
select n.channel, n.delivery, n.point
from unnest(:channels, :deliveries, :points) as n (channel, delivery, point)
join commerce.delivery_option o on o.channel = n.channel and o.code = n.delivery
where o.kind = 'locker' and exists (
    select from commerce.pickup_point p
    where p.code = n.point and p.active and (o.carrier is null or p.carrier = o.carrier)
) or o.kind = 'pickup' and exists (
    select from commerce.location_channel c
    join commerce.location l on l.code = c.location and l.active
    join commerce.place p on p.location = c.location and p.hands_out
    where c.channel = n.channel and c.location = n.point)

-- name: lies(country: text, prefixes: text[]) -> Spot?
-- Where the longest known of these beginnings of a postcode lies.
select latitude, longitude from commerce.postcode_area
where country = :country and prefix = any(:prefixes) order by length(prefix) desc limit 1

-- name: shops(channel: text, text: text, latitude: double precision, longitude: double precision, limit: int) -> Point[]
-- The shops that hand a channel's goods out and show all words of a text, nearest first where it is known where they are.
select l.code, l.name, p.street, p.postcode, p.city, l.country, p.latitude, p.longitude,
    commerce.metres(p.latitude, p.longitude, :latitude, :longitude), null::text, null::boolean
from commerce.location_channel c
join commerce.location l on l.code = c.location and l.active
join commerce.place p on p.location = c.location and p.hands_out
where c.channel = :channel and not exists (
    select from regexp_split_to_table(commerce.folded(:text), ' +') as word
    where strpos(commerce.folded(concat_ws(' ', l.code, l.name, p.street, p.postcode, p.city)), word) = 0)
order by commerce.metres(p.latitude, p.longitude, :latitude, :longitude) nulls last, p.city, l.name, l.code limit :limit

-- name: lockers(carrier: text, text: text, latitude: double precision, longitude: double precision, limit: int) -> Point[]
-- The lockers of a carrier ('' for all) that show all words of a text, nearest first where it is known where they are.
select p.code, p.name, p.street, p.postcode, p.city, p.country, p.latitude, p.longitude,
    commerce.metres(p.latitude, p.longitude, :latitude, :longitude), p.hours, p.pays
from commerce.pickup_point p
where p.active and (:carrier = '' or p.carrier = :carrier) and not exists (
    select from regexp_split_to_table(commerce.folded(:text), ' +') as word where strpos(p.sought, word) = 0)
order by commerce.metres(p.latitude, p.longitude, :latitude, :longitude) nulls last, p.city, p.name, p.code limit :limit

-- name: buyers(customers: uuid[]) -> Buyer[]
-- On whose terms these customers buy: their own group before that of their company.
select n.customer, coalesce(g.price_group, f.price_group), f.id, f.name, f.vat_id, m.unit, f.terms_days, f.invoicing,
    f.tax, f.certificate, f.exempt_until, f.restricted, p.at, p.consultation
from unnest(:customers) as n (customer)
left join commerce.price_group_member g on g.customer = n.customer
left join commerce.company_member m on m.customer = n.customer
left join commerce.company f on f.id = m.company and f.active
left join lateral (
    select p.at, p.valid, p.consultation from commerce.company_proof p
    where f.tax = 'reverse-charge' and p.company = f.id and p.vat_id = f.vat_id order by p.at desc limit 1
) as p on p.valid

-- name: groups(customers: uuid[]) -> Member[]
-- Which prices these customers get.
select customer, price_group from commerce.price_group_member where customer = any(:customers)

-- name: groups_after(after: uuid, size: int) -> Member[]
-- Which customers get which prices, by customer.
select customer, price_group from commerce.price_group_member
where customer > coalesce(:after, '00000000-0000-0000-0000-000000000000') order by customer limit :size

-- name: drop_groups(customers: uuid[])
-- Let these customers get everybody's prices.
delete from commerce.price_group_member where customer = any(:customers)

-- name: put_groups(customers: uuid[], price_groups: text[])
-- Say which prices customers get.
insert into commerce.price_group_member (customer, price_group) select * from unnest(:customers, :price_groups)
on conflict (customer) do update set price_group = excluded.price_group

-- name: open_carts(ids: uuid[], owner_kinds: text[], owners: uuid[], channels: text[], good_untils: timestamptz[], bodies: text[], at: timestamptz)
-- Write new carts.
insert into commerce.cart (id, owner_kind, owner, channel, good_until, changed_at, body)
select i, k, o, c, g, :at, b::json
from unnest(:ids, :owner_kinds, :owners, :channels, :good_untils, :bodies) as n (i, k, o, c, g, b)

-- name: cart(id: uuid) -> CartRow?
-- A cart.
select id, owner_kind, owner, channel, version, good_until, body::text from commerce.cart where id = :id

-- name: lock_carts(ids: uuid[]) -> CartRow[]
-- Lock carts, in key order.
select id, owner_kind, owner, channel, version, good_until, body::text from commerce.cart
where id = any(:ids) order by id for update

-- name: carts_of(owner: uuid, before: uuid, limit: int) -> CartRow[]
-- An owner's carts that were not placed, newest first.
select id, owner_kind, owner, channel, version, good_until, body::text from commerce.cart c
where owner = :owner and (:before is null or id < :before)
    and not exists (select from commerce.sales_order o where o.cart_id = c.id)
order by id desc limit :limit

-- name: save(id: uuid, channel: text, good_until: timestamptz, at: timestamptz, body: text) -> value
-- Write a changed cart; gives its version.
update commerce.cart set channel = :channel, version = version + 1, good_until = :good_until, changed_at = :at,
    body = :body::json
where id = :id returning version

-- name: expire(ids: uuid[], at: timestamptz)
-- Let what was promised of carts end: they are priced anew when somebody looks.
update commerce.cart set good_until = least(good_until, :at) where id = any(:ids)

-- name: give(owner: uuid, to: uuid, ids: uuid[], at: timestamptz)
-- Give a guest's carts to a customer; what was promised to a guest is looked up anew, as the customer may pay less.
update commerce.cart set owner_kind = 'customer', owner = :to, good_until = least(good_until, :at)
where owner = :owner and id = any(:ids)

-- name: drop(id: uuid)
-- Throw a cart away.
delete from commerce.cart where id = :id

-- name: placed(carts: uuid[]) -> PlacedRow[]
-- The orders these carts became.
select cart_id, id, number, state, currency, total_minor from commerce.sales_order where cart_id = any(:carts)

-- name: put_options(channel: text, codes: text[], names: text[], kinds: text[], skus: text[], ranks: int[], actives: boolean[], carriers: text[], windowed: boolean[])
-- Add or change a channel's delivery options.
insert into commerce.delivery_option (channel, code, name, kind, sku, rank, active, carrier, windowed)
select :channel, * from unnest(:codes, :names, :kinds, :skus, :ranks, :actives, :carriers, :windowed)
on conflict (channel, code) do update set name = excluded.name, kind = excluded.kind, sku = excluded.sku,
    rank = excluded.rank, active = excluded.active, carrier = excluded.carrier, windowed = excluded.windowed

-- name: kept_options(channel: text) -> Option[]
-- All delivery options of a channel.
select code, name, kind, sku, rank, active, carrier, windowed from commerce.delivery_option where channel = :channel order by code

-- name: delivery(channel: text) -> Option[]
-- A channel's delivery options.
select code, name, kind, sku, rank, active, carrier, windowed from commerce.delivery_option
where channel = :channel and active order by rank, code
