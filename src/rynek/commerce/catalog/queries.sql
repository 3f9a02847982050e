-- name: put_channels(given: json) -> value[]
-- Write channels; gives the codes of those that are new or different.
insert into commerce.channel as c (code, name, kind, currency, country, locale, display, rounding, active)
select code, name, kind, currency, country, locale, display, rounding, active
from json_populate_recordset(null::commerce.channel, :given) order by code
on conflict (code) do update set name = excluded.name, kind = excluded.kind, currency = excluded.currency,
    country = excluded.country, locale = excluded.locale, display = excluded.display, rounding = excluded.rounding,
    active = excluded.active
where c.* is distinct from excluded.* returning code;

-- name: channels() -> Channel[]
-- Every channel.
select code, name, kind, currency, country, locale, display, rounding, active from commerce.channel order by code;

-- name: parents() -> Step[]
-- The whole tree of categories, locked against others who would change it.
select code, parent from commerce.category order by code for update;

-- name: put_categories(given: json) -> value[]
-- Write categories, their paths still to be set; gives the codes of those that are new or different.
insert into commerce.category as c (code, parent, path, name, position)
select code, parent, '', name, position from json_populate_recordset(null::commerce.category, :given) order by code
on conflict (code) do update set parent = excluded.parent, name = excluded.name, position = excluded.position
where (c.parent, c.name, c.position) is distinct from (excluded.parent, excluded.name, excluded.position)
returning code;

-- name: set_paths()
-- Write down the way from the root to every category where it is another than before.
with recursive tree (code, way) as (
    select code, code from commerce.category where parent is null
    union all
    select c.code, t.way || '/' || c.code from tree as t join commerce.category as c on c.parent = t.code
)
update commerce.category as c set path = t.way from tree as t where t.code = c.code and c.path <> t.way;

-- name: categories() -> Shelf[]
-- The whole tree in the order it is walked.
select code, name, parent, position, path from commerce.category order by path;

-- name: put_brands(given: json) -> value[]
-- Write brands; gives the codes of those that are new or different.
insert into commerce.brand as b (code, name)
select code, name from json_populate_recordset(null::commerce.brand, :given) order by code
on conflict (code) do update set name = excluded.name where b.name <> excluded.name returning code;

-- name: brands(after: text, size: int) -> Brand[]
-- Brands in the order of their codes.
select code, name from commerce.brand where code > :after order by code limit :size;

-- name: put_attributes(given: json) -> value[]
-- Write attributes; gives the codes of those that are new or different.
insert into commerce.attribute as a (code, name, kind, unit, choices)
select code, name, kind, unit, choices from json_populate_recordset(null::commerce.attribute, :given) order by code
on conflict (code) do update set name = excluded.name, unit = excluded.unit, choices = excluded.choices
where a.* is distinct from excluded.* returning code;

-- name: attributes() -> Attribute[]
-- Every attribute.
select code, name, kind, unit, choices from commerce.attribute order by code;

-- name: known_brands(codes: text[]) -> value[]
-- Those of the brands that exist.
select code from commerce.brand where code = any(:codes);

-- name: known_categories(codes: text[]) -> value[]
-- Those of the categories that exist.
select code from commerce.category where code = any(:codes);

-- name: claims(skus: text[], gtins: text[], slugs: text[]) -> Claim[]
-- Who has these unique keys now; an address belongs to one product, in whatever language it is.
select 'sku', v.sku, p.code from commerce.variant as v join commerce.product as p on p.id = v.product
where v.sku = any(:skus)
union all
select 'gtin', gtin, sku from commerce.variant where active and gtin = any(:gtins)
union all
select 'slug', slug, code from commerce.product where slug = any(:slugs)
union all
select 'slug', t.slug, p.code from commerce.translation as t join commerce.product as p on p.id = t.product
where t.slug = any(:slugs);

-- name: put_products(given: json, at: timestamptz) -> value[]
-- Write products without their variants; gives the codes of those that are new or different.
insert into commerce.product as p
    (id, code, name, description, slug, brand, categories, attributes, media, archived, changed_at)
select id, code, name, description, slug, brand, categories, attributes, media, false, :at
from json_populate_recordset(null::commerce.product, :given) order by code
on conflict (code) do update set name = excluded.name, description = excluded.description, slug = excluded.slug,
    brand = excluded.brand, categories = excluded.categories, attributes = excluded.attributes, media = excluded.media,
    archived = false, changed_at = excluded.changed_at
where (p.name, p.description, p.slug, p.brand, p.categories, p.attributes, p.media, p.archived)
    is distinct from (excluded.name, excluded.description, excluded.slug, excluded.brand, excluded.categories,
        excluded.attributes, excluded.media, false)
returning code;

-- name: ids(codes: text[]) -> Key[]
-- The ids of products by the merchant's numbers.
select id, code from commerce.product where code = any(:codes);

-- name: put_variants(given: json) -> value[]
-- Write variants; gives the products of those that are new or different.
insert into commerce.variant as v
    (sku, product, name, gtin, tax_category, unit, weight_g, attributes, position, active)
select sku, product, name, gtin, tax_category, unit, weight_g, attributes, position, true
from json_populate_recordset(null::commerce.variant, :given) order by sku
on conflict (sku) do update set name = excluded.name, gtin = excluded.gtin, tax_category = excluded.tax_category,
    unit = excluded.unit, weight_g = excluded.weight_g, attributes = excluded.attributes,
    position = excluded.position, active = true
where v.* is distinct from excluded.* returning product;

-- name: drop_variants(products: uuid[], skus: text[]) -> value[]
-- Sell no more what these products do not list any longer; gives the products it changed.
update commerce.variant set active = false where product = any(:products) and active and sku <> all(:skus)
returning product;

-- name: put_translations(products: uuid[], given: json) -> value[]
-- Make the translations of these products the given ones; gives the products it changed.
with given as (
    select * from json_populate_recordset(null::commerce.translation, :given)
), dropped as (
    delete from commerce.translation as t
    where t.product = any(:products) and not exists (select from given as g where (g.product, g.locale) = (t.product, t.locale))
    returning t.product
), put as (
    insert into commerce.translation as t (product, locale, name, description, slug)
    select product, locale, name, description, slug from given order by product, locale
    on conflict (product, locale) do update
        set name = excluded.name, description = excluded.description, slug = excluded.slug
    where t.* is distinct from excluded.* returning t.product
)
select product from dropped union select product from put;

-- name: archive(product: uuid, at: timestamptz) -> value?
-- Take a product out of the catalogue, which keeps it for those who bought it; gives its code.
update commerce.product set archived = true, changed_at = :at where id = :product returning code;

-- name: depict(product: uuid, url: text, instead: json, at: timestamptz) -> value?
-- Take a picture off a product and put another in its place, or none; gives the product whole.
update commerce.product as p set changed_at = :at, media = coalesce((
    select jsonb_agg(m order by n) from jsonb_array_elements(p.media || :instead::jsonb) with ordinality as a (m, n)
    where m ->> 'url' <> :url or n > jsonb_array_length(p.media)), '[]')
where id = :product returning commerce.entry(p);

-- name: entry(product: uuid) -> value?
-- A product whole, as JSON.
select commerce.entry(p) from commerce.product as p where p.id = :product;

-- name: by_name(name: text, archived: boolean, after: uuid, size: int) -> value[]
-- Products whose names begin so, by name, after one of them.
select commerce.entry(p) from commerce.product as p
where lower(p.name) collate "C" >= lower(:name) collate "C"
    and lower(p.name) collate "C" < lower(:name) collate "C" || chr(1114111)
    and p.archived = :archived
    and (lower(p.name) collate "C", p.id) > (
        (select coalesce(max(lower(a.name)), '') from commerce.product as a where a.id = :after),
        coalesce(:after, '00000000-0000-0000-0000-000000000000'))
order by lower(p.name) collate "C", p.id limit :size;

-- name: by_category(category: text, archived: boolean, after: uuid, size: int) -> value[]
-- Products in a category or in one inside it, by name, after one of them.
select commerce.entry(p) from commerce.product as p
where p.categories && (
        select coalesce(array_agg(c.code), '{}') from commerce.category as c
        join commerce.category as top on top.code = :category
        where c.path = top.path or starts_with(c.path, top.path || '/')
    )
    and p.archived = :archived
    and (lower(p.name) collate "C", p.id) > (
        (select coalesce(max(lower(a.name)), '') from commerce.product as a where a.id = :after),
        coalesce(:after, '00000000-0000-0000-0000-000000000000'))
order by lower(p.name) collate "C", p.id limit :size;

-- name: by_codes(codes: text[]) -> value[]
-- The products of these codes that are not archived, as ``commerce.entry`` gives one: planned once for all of them.
select json_build_object(
    'id', p.id, 'code', p.code, 'name', p.name, 'description', p.description, 'slug', p.slug, 'brand', p.brand,
    'categories', p.categories, 'attributes', p.attributes, 'media', p.media, 'archived', p.archived,
    'changed_at', p.changed_at,
    'translations', coalesce((
        select json_object_agg(t.locale, json_build_object('name', t.name, 'description', t.description, 'slug', t.slug))
        from commerce.translation as t where t.product = p.id), '{}'),
    'variants', coalesce((
        select json_agg(json_build_object(
            'sku', v.sku, 'name', v.name, 'gtin', v.gtin, 'tax_category', v.tax_category, 'unit', v.unit,
            'weight_g', v.weight_g, 'attributes', v.attributes) order by v.position, v.sku)
        from commerce.variant as v where v.product = p.id and v.active), '[]'),
    'channels', coalesce((
        select json_agg(c.channel order by c.channel) from commerce.publication as c where c.product = p.id), '[]'))
from commerce.product as p where p.code = any(:codes) and not p.archived order by p.code;

-- name: listing_next(category: text, brand: text, after: text, size: int) -> value[]
-- The codes of products that are not archived, in their order.
select p.code from commerce.product as p
where p.code > :after and not p.archived and (:category is null or p.categories @> array[:category])
    and (:brand is null or p.brand = :brand)
order by p.code limit :size;

-- name: published_next(channel: text, after: text, size: int) -> value[]
-- The codes of products that are published, in their order.
select p.code from commerce.product as p
where p.code > :after
    and exists (select from commerce.publication as l where l.product = p.id and (:channel is null or l.channel = :channel))
order by p.code limit :size;

-- name: published(products: text[], channel: text) -> Publication[]
-- Where these products are offered, and when.
select p.code, l.channel, l.from_at, l.until_at, false from commerce.publication as l
join commerce.product as p on p.id = l.product
where p.code = any(:products) and (:channel is null or l.channel = :channel) order by p.code, l.channel;

-- name: bundles_next(after: text, size: int) -> value[]
-- The skus of bundles, in their order.
select distinct bundle from commerce.component where bundle > :after order by bundle limit :size;

-- name: held(skus: text[]) -> Part[]
-- What these bundles directly hold.
select bundle, sku, quantity from commerce.component where bundle = any(:skus) order by bundle, sku;

-- name: by_key(sku: text, gtin: text) -> value[]
-- The product of a sku or an article number.
select commerce.entry(p) from commerce.product as p
where p.id in (select product from commerce.variant where sku = :sku union select product from commerce.variant where active and gtin = :gtin);

-- name: known_skus(skus: text[]) -> value[]
-- Those of the skus that exist.
select sku from commerce.variant where sku = any(:skus);

-- name: lock_bundles()
-- Let one change of bundles at a time happen, so that two of them together make no circle.
select pg_advisory_xact_lock(1010);

-- name: insides() -> Inside[]
-- What every bundle directly holds.
select bundle, array_agg(sku order by sku) from commerce.component group by bundle;

-- name: put_bundles(bundles: text[], given: json) -> value[]
-- Make the components of these bundles the given ones; gives the bundles it changed.
with given as (
    select * from json_populate_recordset(null::commerce.component, :given)
), dropped as (
    delete from commerce.component as c
    where c.bundle = any(:bundles) and not exists (select from given as g where (g.bundle, g.sku) = (c.bundle, c.sku))
    returning c.bundle
), put as (
    insert into commerce.component as c (bundle, sku, quantity)
    select bundle, sku, quantity from given order by bundle, sku
    on conflict (bundle, sku) do update set quantity = excluded.quantity where c.quantity <> excluded.quantity
    returning c.bundle
)
select bundle from dropped union select bundle from put;

-- name: bundle(sku: text) -> Component[]
-- What a bundle directly holds.
select sku, quantity from commerce.component where bundle = :sku order by sku;

-- name: components(skus: text[]) -> Part[]
-- What these bundles hold in the end, bundles inside bundles opened up.
with recursive opened (bundle, sku, quantity, depth) as (
    select bundle, sku, quantity::numeric, 1 from commerce.component where bundle = any(:skus)
    union all
    select o.bundle, c.sku, o.quantity * c.quantity, o.depth + 1
    from opened as o join commerce.component as c on c.bundle = o.sku where o.depth < 20
)
select bundle, sku, sum(quantity)::bigint from opened as o
where not exists (select from commerce.component as c where c.bundle = o.sku)
group by bundle, sku order by bundle, sku;

-- name: put_publications(given: json) -> Place[]
-- Offer products in channels, or take them out; gives what it changed.
with given as (
    select p.id as product, g.product as code, g.channel, g.from_at, g.until_at, g.withdrawn
    from json_to_recordset(:given)
        as g (product text, channel text, from_at timestamptz, until_at timestamptz, withdrawn boolean)
    join commerce.product as p on p.code = g.product
), dropped as (
    delete from commerce.publication as p using given as g
    where (p.product, p.channel) = (g.product, g.channel) and g.withdrawn returning p.product, p.channel
), put as (
    insert into commerce.publication as p (product, channel, from_at, until_at)
    select product, channel, from_at, until_at from given where not withdrawn order by product, channel
    on conflict (product, channel) do update set from_at = excluded.from_at, until_at = excluded.until_at
    where (p.from_at, p.until_at) is distinct from (excluded.from_at, excluded.until_at)
    returning p.product, p.channel
)
select c.product, g.code, c.channel from (select * from dropped union all select * from put) as c
join given as g on (g.product, g.channel) = (c.product, c.channel);

-- name: publications(product: uuid) -> Publication[]
-- Where a product is offered, and when.
select d.code, p.channel, p.from_at, p.until_at, false from commerce.publication as p
join commerce.product as d on d.id = p.product where p.product = :product order by p.channel;

-- name: known_channels(codes: text[]) -> value[]
-- Those of the channels that exist.
select code from commerce.channel where code = any(:codes);

-- name: offers(channels: text[], skus: text[], at: timestamptz) -> Offer[]
-- What of the asked is sold at that instant, each channel with the sku beside it.
select a.channel, a.sku, o.product, o.name, o.tax_category, o.unit, o.gtin, o.weight_g, o.until_at
from unnest(:channels, :skus) as a (channel, sku)
join commerce.offer as o on o.channel = a.channel and o.sku = a.sku
    and (o.from_at is null or o.from_at <= :at) and (o.until_at is null or o.until_at > :at);

-- name: sorted(skus: text[]) -> Sorted[]
-- Where items stand: their brand, and their categories with all that those are in.
select v.sku, p.brand, array(
    select distinct unnest(string_to_array(c.path, '/')) from commerce.category as c where c.code = any(p.categories)
)
from commerce.variant as v join commerce.product as p on p.id = v.product where v.sku = any(:skus);
