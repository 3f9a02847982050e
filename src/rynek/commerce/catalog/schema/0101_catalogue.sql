-- The catalogue: what there is to sell (product, variant), how it is sorted, and where it is offered (publication).

create table commerce.channel (
    code text primary key constraint channel_code_form check (code ~ '^[A-Z0-9][A-Z0-9-]{0,19}$'),
    name text not null,
    kind text not null constraint channel_kind check (kind in ('web', 'pos', 'b2b', 'marketplace')),
    currency text not null constraint channel_currency_form check (currency ~ '^[A-Z]{3}$'),
    country text not null constraint channel_country_form check (country ~ '^[A-Z]{2}$'),
    locale text not null,
    display text not null constraint channel_display check (display in ('gross', 'net')),
    rounding text not null constraint channel_rounding check (rounding in ('line', 'document')),
    active boolean not null
);

-- A tree: path is the codes from the root down, so that a subtree is a range of paths.
create table commerce.category (
    code text primary key constraint category_code_form check (code ~ '^[a-z0-9][a-z0-9-]{0,59}$'),
    parent text constraint category_parent references commerce.category deferrable initially deferred,
    path text collate "C" not null,
    name text not null,
    position int not null
);
create index category_path on commerce.category (path);
create index category_parent on commerce.category (parent);

create table commerce.brand (
    code text primary key constraint brand_code_form check (code ~ '^[a-z0-9][a-z0-9-]{0,59}$'),
    name text not null
);

create table commerce.attribute (
    code text primary key constraint attribute_code_form check (code ~ '^[a-z0-9][a-z0-9_-]{0,59}$'),
    name text not null,
    kind text not null constraint attribute_kind check (kind in ('text', 'number', 'boolean', 'choice')),
    unit text,
    choices text[] not null
);

-- code is the merchant's own number: imports know it. id is what everything else refers to. Nothing is deleted.
create table commerce.product (
    id uuid primary key,
    code text not null constraint product_code_once unique,
    name text not null,
    description text not null,
    slug text not null constraint product_slug_once unique,
    brand text constraint product_brand references commerce.brand,
    categories text[] not null,
    attributes jsonb not null,
    media jsonb not null,
    archived boolean not null default false,
    changed_at timestamptz not null
);
create index product_name on commerce.product ((lower(name) collate "C"), id);
create index product_categories on commerce.product using gin (categories);

create table commerce.variant (
    sku text primary key constraint variant_sku_form check (sku ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$'),
    product uuid not null references commerce.product,
    name text not null,
    gtin text,
    tax_category text not null,
    unit text not null constraint variant_unit check (unit in ('pcs', 'g', 'ml')),
    weight_g int constraint variant_weight_positive check (weight_g > 0),
    attributes jsonb not null,
    position int not null,
    active boolean not null default true
);
create index variant_product on commerce.variant (product);
create unique index variant_gtin_once on commerce.variant (gtin) where active;

create table commerce.translation (
    product uuid not null references commerce.product,
    locale text not null,
    name text not null,
    description text not null,
    slug text not null,
    primary key (product, locale),
    constraint translation_slug_once unique (locale, slug)
);

create table commerce.component (
    bundle text not null references commerce.variant,
    sku text not null references commerce.variant,
    quantity bigint not null constraint component_quantity_positive check (quantity > 0),
    primary key (bundle, sku),
    constraint component_not_itself check (bundle <> sku)
);
create index component_sku on commerce.component (sku);

create table commerce.publication (
    product uuid not null references commerce.product,
    channel text not null constraint publication_channel references commerce.channel,
    from_at timestamptz,
    until_at timestamptz,
    primary key (product, channel),
    constraint publication_period check (from_at < until_at)
);

-- What is offered where, with the facts an order copies: the catalogue's face to the rest of commerce.
-- It is published when from_at <= now < until_at (null: no bound).
create view commerce.offer as
select
    p.channel, v.sku, v.product, concat_ws(', ', coalesce(t.name, d.name), nullif(v.name, '')) as name,
    v.gtin, v.tax_category, v.unit, v.weight_g, p.from_at, p.until_at, c.currency
from commerce.variant as v
join commerce.product as d on d.id = v.product and not d.archived
join commerce.publication as p on p.product = v.product
join commerce.channel as c on c.code = p.channel and c.active
left join commerce.translation as t on t.product = v.product and t.locale = c.locale
where v.active;

-- A product whole, as the API gives it.
create function commerce.entry(p commerce.product) returns json language sql stable as $$
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
        select json_agg(c.channel order by c.channel) from commerce.publication as c where c.product = p.id), '[]')
)
$$;
