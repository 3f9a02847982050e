-- name: version() -> value
-- Which promotions there are.
select version from commerce.promotion_version

-- name: raise_version() -> value
-- Say that promotions are different now.
update commerce.promotion_version set version = uuidv7() returning version

-- name: lanes() -> Lane[]
-- All lanes, the first first.
select code, position, pick, name from commerce.promotion_lane order by position, code

-- name: put_lanes(given: json) -> value[]
-- Write lanes; gives those that are new or different.
insert into commerce.promotion_lane as l (code, position, pick, name)
select code, position, pick, name from json_populate_recordset(null::commerce.promotion_lane, :given) order by code
on conflict (code) do update set position = excluded.position, pick = excluded.pick, name = excluded.name
where l.* is distinct from excluded.* returning code

-- name: loaded(at: timestamptz) -> Loaded
-- The promotions that count now or will, with the lanes, and which they are: one statement, so one truth.
select v.version, (select json_agg(l order by position, code) from commerce.promotion_lane l)::text, (
    select coalesce(json_agg(json_build_object('version', p.version, 'promotion', p.document) order by p.code), '[]')
    from commerce.promotion p where p.state = 'active' and (p.until_at is null or p.until_at > :at))::text
from commerce.promotion_version v

-- name: active_at(at: timestamptz) -> Document[]
-- The promotions that were active at an instant, as they were then.
select version, document::text from (
    select distinct on (code) version, document from commerce.promotion_entry where at <= :at order by code, version desc
) as e where document ->> 'state' = 'active' and not (document ->> 'shelf')::boolean

-- name: put(given: json, at: timestamptz, kind: text, actor: uuid) -> Written[]
-- Write promotions, each change with the next version, and note what they say now; gives those that are different.
with given as (
    select d ->> 'code' as code, d ->> 'lane' as lane, d ->> 'state' as state, (d ->> 'coded')::boolean as coded,
        (d ->> 'shelf')::boolean as shelf, (d ->> 'until_at')::timestamptz as until_at, d as document
    from json_array_elements(:given) as d
), put as (
    insert into commerce.promotion as p (code, lane, state, coded, shelf, until_at, version, document, changed_at)
    select code, lane, state, coded, shelf, until_at, 1, document, :at from given order by code
    on conflict (code) do update set lane = excluded.lane, state = excluded.state, coded = excluded.coded,
        shelf = excluded.shelf, until_at = excluded.until_at, version = p.version + 1, document = excluded.document,
        changed_at = excluded.changed_at
    where p.document::jsonb is distinct from excluded.document::jsonb
    returning p.code, p.version, p.state, p.shelf, p.document
), noted as (
    insert into commerce.promotion_entry (at, code, version, document, actor_kind, actor)
    select :at, code, version, document, :kind, :actor from put
), counted as (
    insert into commerce.promotion_counter as c (promotion, uses, budget_minor)
    select code, (document ->> 'uses')::bigint, (document ->> 'budget_minor')::bigint from put
    where (document ->> 'uses') is not null or (document ->> 'budget_minor') is not null
        or exists (select from commerce.promotion_counter as k where k.promotion = put.code)
    order by code
    on conflict (promotion) do update set uses = excluded.uses, budget_minor = excluded.budget_minor
)
select code, version, state, shelf from put order by code

-- name: promotions(after: text, state: text, codes: text[], limit: int) -> PromotionRow[]
-- Promotions by code, with how far they were used.
select p.code, p.version, p.document::text, p.changed_at,
    coalesce(c.used, (select count(*) from commerce.promotion_use u where u.promotion = p.code and u.returned_at is null)),
    coalesce(c.spent_minor, (select coalesce(sum(u.minor), 0)::bigint from commerce.promotion_use u
        where u.promotion = p.code and u.returned_at is null)),
    (select count(*) from commerce.coupon k where k.promotion = p.code)
from commerce.promotion p left join commerce.promotion_counter c on c.promotion = p.code
where p.code > :after and (:state is null or p.state = :state) and (cardinality(:codes) = 0 or p.code = any(:codes))
order by p.code limit :limit

-- name: promotion(code: text) -> PromotionRow?
-- One promotion.
select p.code, p.version, p.document::text, p.changed_at,
    coalesce(c.used, (select count(*) from commerce.promotion_use u where u.promotion = p.code and u.returned_at is null)),
    coalesce(c.spent_minor, (select coalesce(sum(u.minor), 0)::bigint from commerce.promotion_use u
        where u.promotion = p.code and u.returned_at is null)),
    (select count(*) from commerce.coupon k where k.promotion = p.code)
from commerce.promotion p left join commerce.promotion_counter c on c.promotion = p.code where p.code = :code

-- name: entries(code: text) -> Said[]
-- What a promotion ever said, the newest first.
select at, version, document::text, actor_kind, actor from commerce.promotion_entry where code = :code order by version desc

-- name: facts(skus: text[]) -> FactsRow[]
-- What promotions ask of items.
select v.sku, array(select c.path from commerce.category c where c.code = any(p.categories) order by c.path), p.brand,
    (p.attributes || v.attributes)::text
from commerce.variant v join commerce.product p on p.id = v.product where v.sku = any(:skus)

-- name: known(skus: text[], categories: text[], brands: text[], attributes: text[], channels: text[]) -> Known
-- Those of these that there are.
select array(select sku from commerce.variant where sku = any(:skus)),
    array(select code from commerce.category where code = any(:categories)),
    array(select code from commerce.brand where code = any(:brands)),
    array(select code from commerce.attribute where code = any(:attributes)),
    array(select code from commerce.channel where code = any(:channels))

-- name: buyers(customers: uuid[]) -> Buyer[]
-- What promotions ask of customers.
select c, array(select m.segment from commerce.segment_member m where m.customer = c order by m.segment),
    exists (select from commerce.sales_order o where o.owner = c and o.state <> 'cancelled')
from unnest(:customers) as u (c)

-- name: put_members(segments: text[], customers: uuid[], outs: boolean[]) -> value
-- Let customers into segments, or out of them; gives how many changed.
with given as (select * from unnest(:segments, :customers, :outs) as g (segment, customer, out)),
gone as (
    delete from commerce.segment_member m using given g
    where g.out and m.customer = g.customer and m.segment = g.segment returning 1
), come as (
    insert into commerce.segment_member (customer, segment) select customer, segment from given where not out
    order by customer, segment on conflict do nothing returning 1
)
select (select count(*) from gone) + (select count(*) from come)

-- name: members_next(segment: text, after: uuid, size: int) -> value[]
-- Customers who are in segments, or in one, in their order.
select distinct customer from commerce.segment_member
where (:after is null or customer > :after) and (:segment is null or segment = :segment) order by customer limit :size

-- name: members(customers: uuid[], segment: text) -> Membership[]
-- The segments in which these customers are.
select segment, customer, false from commerce.segment_member
where customer = any(:customers) and (:segment is null or segment = :segment) order by customer, segment

-- name: left(promotions: text[]) -> LeftRow[]
-- How far limited promotions were used.
select promotion, uses, used, budget_minor, spent_minor from commerce.promotion_counter where promotion = any(:promotions)

-- name: lock_left(promotions: text[]) -> LeftRow[]
-- Lock the counters of limited promotions, in key order.
select promotion, uses, used, budget_minor, spent_minor from commerce.promotion_counter
where promotion = any(:promotions) order by promotion for update

-- name: mine(promotions: text[], customers: uuid[]) -> MineRow[]
-- How often customers had promotions.
select promotion, customer, used from commerce.promotion_share
where promotion = any(:promotions) and customer = any(:customers)

-- name: lock_mine(promotions: text[], customers: uuid[]) -> MineRow[]
-- Lock how often customers had promotions, in key order.
select promotion, customer, used from commerce.promotion_share
where promotion = any(:promotions) and customer = any(:customers) order by promotion, customer for update

-- name: coupons(coupons: text[]) -> CouponRow[]
-- Codes that somebody typed in.
select coupon, promotion, uses, used, customer, until_at from commerce.coupon where coupon = any(:coupons)

-- name: lock_coupons(coupons: text[]) -> CouponRow[]
-- Lock codes, in key order.
select coupon, promotion, uses, used, customer, until_at from commerce.coupon
where coupon = any(:coupons) order by coupon for update

-- name: count(promotions: text[], uses: bigint[], minors: bigint[])
-- Count what orders had of limited promotions.
update commerce.promotion_counter c set used = c.used + n.uses, spent_minor = c.spent_minor + n.minor
from unnest(:promotions, :uses, :minors) as n (promotion, uses, minor) where c.promotion = n.promotion

-- name: count_mine(promotions: text[], customers: uuid[], used: bigint[], uses: bigint[])
-- Count what customers had of promotions that each may have only so often.
insert into commerce.promotion_share as s (promotion, customer, used, uses)
select * from unnest(:promotions, :customers, :used, :uses) as n (p, c, d, u) order by p, c
on conflict (promotion, customer) do update set used = s.used + excluded.used, uses = excluded.uses

-- name: count_coupons(coupons: text[], uses: bigint[])
-- Count codes that were used.
update commerce.coupon c set used = c.used + n.uses from unnest(:coupons, :uses) as n (coupon, uses)
where c.coupon = n.coupon

-- name: write_uses(orders: uuid[], parts: text[], promotions: text[], coupons: text[], customers: uuid[], minors: bigint[], at: timestamptz)
-- Write what orders had of promotions.
insert into commerce.promotion_use (order_id, part, promotion, coupon, customer, minor, at)
select o, a, p, k, c, m, :at from unnest(:orders, :parts, :promotions, :coupons, :customers, :minors) as n (o, a, p, k, c, m)

-- name: uses(order: uuid) -> Used[]
-- What an order had of promotions.
select order_id, promotion, coupon, customer, minor, at, returned_at from commerce.promotion_use
where order_id = :order order by promotion, at

-- name: uses_of(promotion: text, before: uuid, limit: int) -> Used[]
-- The orders that had a promotion, the newest first.
select order_id, promotion, coupon, customer, minor, at, returned_at from commerce.promotion_use
where promotion = :promotion and (:before is null or order_id < :before) order by order_id desc limit :limit

-- name: give_back(order: uuid, at: timestamptz) -> Used[]
-- Take back what an order had of promotions, once, with every counter it was counted in.
with back as (
    update commerce.promotion_use set returned_at = :at where order_id = :order and returned_at is null
    returning order_id, promotion, coupon, customer, minor, at, returned_at
), counters as (
    update commerce.promotion_counter c set used = c.used - b.uses, spent_minor = c.spent_minor - b.minor
    from (select promotion, count(*) as uses, sum(minor) as minor from back group by promotion) b
    where c.promotion = b.promotion
), shares as (
    update commerce.promotion_share s set used = greatest(s.used - b.uses, 0)
    from (select promotion, customer, count(*) as uses from back group by promotion, customer) b
    where s.promotion = b.promotion and s.customer = b.customer
), coupons as (
    update commerce.coupon c set used = greatest(c.used - b.uses, 0)
    from (select coupon, count(*) as uses from back group by coupon) b where c.coupon = b.coupon
)
select * from back order by promotion, at

-- name: coded(promotions: text[]) -> Coded[]
-- Which of these promotions there are, and whether they are had by code.
select code, coded from commerce.promotion where code = any(:promotions)

-- name: put_coupons(given: json) -> value[]
-- Write codes; how often each was used stays. Gives those that are new or different.
insert into commerce.coupon as c (coupon, promotion, uses, customer, until_at)
select coupon, promotion, uses, customer, until_at from json_populate_recordset(null::commerce.coupon, :given)
order by coupon
on conflict (coupon) do update set promotion = excluded.promotion, uses = excluded.uses, customer = excluded.customer,
    until_at = excluded.until_at
where (c.promotion, c.uses, c.customer, c.until_at)
    is distinct from (excluded.promotion, excluded.uses, excluded.customer, excluded.until_at)
returning coupon

-- name: coupons_of(promotion: text, batch: uuid, after: text, limit: int) -> CouponKept[]
-- The codes of a promotion or one batch of it.
select coupon, promotion, uses, used, customer, until_at, batch from commerce.coupon
where promotion = :promotion and (:batch is null or batch = :batch) and coupon > :after order by coupon limit :limit

-- name: codes(coupons: text[], promotion: text, after: text, limit: int) -> CouponKept[]
-- These codes, or all on from one of them.
select coupon, promotion, uses, used, customer, until_at, batch from commerce.coupon
where (cardinality(:coupons) = 0 or coupon = any(:coupons)) and (:promotion is null or promotion = :promotion)
    and coupon > :after order by coupon limit :limit

-- name: begin_batch(id: uuid, promotion: text, prefix: text, size: bigint, uses: bigint, until_at: timestamptz, at: timestamptz)
-- Order codes to be made.
insert into commerce.promotion_batch (id, promotion, prefix, size, uses, until_at, at)
values (:id, :promotion, :prefix, :size, :uses, :until_at, :at)

-- name: lock_batch(id: uuid) -> Batch?
-- Lock a batch of codes.
select id, promotion, prefix, size, made, uses, until_at, at from commerce.promotion_batch where id = :id for update

-- name: batches(promotion: text) -> Batch[]
-- The batches of codes of a promotion, the newest first.
select id, promotion, prefix, size, made, uses, until_at, at from commerce.promotion_batch
where promotion = :promotion order by id desc

-- name: make_coupons(batch: uuid, coupons: text[]) -> value
-- Write codes of a batch that are not there yet, and count them; gives how many are made now.
with made as (
    insert into commerce.coupon (coupon, promotion, uses, until_at, batch)
    select k, b.promotion, b.uses, b.until_at, b.id from unnest(:coupons) as n (k), commerce.promotion_batch b
    where b.id = :batch order by k on conflict do nothing returning 1
)
update commerce.promotion_batch set made = made + (select count(*) from made) where id = :batch returning made

-- name: shelving() -> value
-- Whether promotions change prices on the shelf, or ever did.
select exists (select from commerce.promotion where shelf and state = 'active')
    or exists (select from commerce.shelf_list)

-- name: shelf_lists() -> value[]
-- The price lists that are the shelf's own.
select code from commerce.shelf_list order by code

-- name: own_lists(codes: text[])
-- Note that price lists are the shelf's own.
insert into commerce.shelf_list (code) select code from unnest(:codes) as n (code) order by code on conflict do nothing

-- name: open_items(skus: text[])
-- Have something to lock of items whose prices on the shelf are made.
insert into commerce.shelf_item (sku) select sku from unnest(:skus) as n (sku) order by sku on conflict do nothing

-- name: lock_items(skus: text[]) -> value[]
-- Lock items, in key order: whoever makes their prices reads what there is once nobody else is at it.
select sku from commerce.shelf_item where sku = any(:skus) order by sku for update

-- name: wares(skus: text[]) -> Ware[]
-- What promotions on the shelf ask of items.
select v.sku, v.unit, v.tax_category,
    array(select b.channel from commerce.publication b where b.product = p.id order by b.channel),
    array(select c.path from commerce.category c where c.code = any(p.categories) order by c.path), p.brand,
    (p.attributes || v.attributes)::text
from commerce.variant v join commerce.product p on p.id = v.product and not p.archived
where v.sku = any(:skus) and v.active

-- name: skus_of(products: uuid[]) -> value[]
-- The items of products, those that are sold no more too.
select sku from commerce.variant where product = any(:products)

-- name: scope(skus: text[], brands: text[], categories: text[], everything: boolean, after: text, limit: int) -> value[]
-- Items by sku: these, or those of these brands, or in these categories or inside them, or all.
select v.sku from commerce.variant v join commerce.product p on p.id = v.product
where v.sku > :after and (:everything or v.sku = any(:skus) or p.brand = any(:brands) or p.categories && array(
    select i.code from commerce.category i join commerce.category top on top.code = any(:categories)
    where i.path = top.path or starts_with(i.path, top.path || '/')))
order by v.sku limit :limit

-- name: listed(list: text, after: text, limit: int) -> value[]
-- Items that have a price in a list, by sku.
select distinct sku from commerce.price where list = :list and sku > :after order by sku limit :limit
