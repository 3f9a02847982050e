-- name: subtree(category: text) -> value[]
-- A category and all that are in it.
select c.code from commerce.category as c join commerce.category as top on top.code = :category
where c.path = top.path or starts_with(c.path, top.path || '/');

-- name: rubrics(channel: text) -> Rubric[]
-- The categories in which a channel offers something, those around them included, in the order they are walked.
select c.code, c.name, c.path from commerce.category as c
where c.code in (
    select unnest(string_to_array(d.path, '/')) from commerce.category as d
    where d.code in (select unnest(p.categories) from commerce.publication as b
        join commerce.product as p on p.id = b.product and not p.archived where b.channel = :channel))
order by c.path;

-- name: rubrics_at(channel: text, at: timestamptz) -> Rubric[]
-- The categories in which a channel offers something at an instant, those around them included, as they are walked.
select c.code, c.name, c.path from commerce.category as c
where c.code in (
    select unnest(string_to_array(d.path, '/')) from commerce.category as d
    where d.code in (select unnest(p.categories) from commerce.publication as b
        join commerce.product as p on p.id = b.product and not p.archived
        where b.channel = :channel and (b.from_at is null or b.from_at <= :at) and (b.until_at is null or b.until_at > :at)))
order by c.path;

-- name: by_name(channel: text, at: timestamptz, after: uuid, size: int) -> value[]
-- Products that a channel offers now, by name, after one of them.
select d.id from commerce.product as d
where not d.archived
    and exists (select from commerce.publication as p where p.product = d.id and p.channel = :channel
        and (p.from_at is null or p.from_at <= :at) and (p.until_at is null or p.until_at > :at))
    and exists (select from commerce.variant as v where v.product = d.id and v.active)
    and (lower(d.name) collate "C", d.id) > (
        (select coalesce(max(lower(a.name)), '') from commerce.product as a where a.id = :after),
        coalesce(:after, '00000000-0000-0000-0000-000000000000'))
order by lower(d.name) collate "C", d.id limit :size;

-- name: in_category_by_name(channel: text, at: timestamptz, codes: text[], after: uuid, size: int) -> value[]
-- The same, of some categories.
select d.id from commerce.product as d
where not d.archived and d.categories && :codes
    and exists (select from commerce.publication as p where p.product = d.id and p.channel = :channel
        and (p.from_at is null or p.from_at <= :at) and (p.until_at is null or p.until_at > :at))
    and exists (select from commerce.variant as v where v.product = d.id and v.active)
    and (lower(d.name) collate "C", d.id) > (
        (select coalesce(max(lower(a.name)), '') from commerce.product as a where a.id = :after),
        coalesce(:after, '00000000-0000-0000-0000-000000000000'))
order by lower(d.name) collate "C", d.id limit :size;

-- name: by_newest(channel: text, at: timestamptz, after: uuid, size: int) -> value[]
-- Products that a channel offers now, the newest first, after one of them.
select d.id from commerce.product as d
where not d.archived
    and exists (select from commerce.publication as p where p.product = d.id and p.channel = :channel
        and (p.from_at is null or p.from_at <= :at) and (p.until_at is null or p.until_at > :at))
    and exists (select from commerce.variant as v where v.product = d.id and v.active)
    and d.id < coalesce(:after, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
order by d.id desc limit :size;

-- name: in_category_by_newest(channel: text, at: timestamptz, codes: text[], after: uuid, size: int) -> value[]
-- The same, of some categories.
select d.id from commerce.product as d
where not d.archived and d.categories && :codes
    and exists (select from commerce.publication as p where p.product = d.id and p.channel = :channel
        and (p.from_at is null or p.from_at <= :at) and (p.until_at is null or p.until_at > :at))
    and exists (select from commerce.variant as v where v.product = d.id and v.active)
    and d.id < coalesce(:after, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
order by d.id desc limit :size;

-- name: opens_at(channel: text, at: timestamptz) -> value?
-- When a channel is next offered something new.
select min(from_at) from commerce.publication where channel = :channel and from_at > :at;

-- name: rows(channel: text, at: timestamptz, products: uuid[]) -> Row[]
-- Products whole, those of them that a channel offers now.
select commerce.entry(d), b.name, coalesce(
    (select json_agg(json_build_object('code', c.code, 'name', c.name, 'path', c.path)
        order by array_position(d.categories, c.code))
    from commerce.category as c where c.code = any(d.categories)), '[]'), p.until_at
from unnest(:products) as a (id)
join commerce.product as d on d.id = a.id and not d.archived
join commerce.publication as p on p.product = d.id and p.channel = :channel
    and (p.from_at is null or p.from_at <= :at) and (p.until_at is null or p.until_at > :at)
left join commerce.brand as b on b.code = d.brand
where exists (select from commerce.variant as v where v.product = d.id and v.active);

-- name: of_slug(slug: text, locale: text) -> value?
-- The product of an address, in the merchant's language or in another.
select id from commerce.product where slug = :slug
union all select product from commerce.translation where slug = :slug and locale = :locale
limit 1;
