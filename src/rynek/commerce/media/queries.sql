-- name: put(id: uuid, digest: text, name: text, width: int, height: int, size_bytes: bigint, colour: text, at: timestamptz) -> value?
-- Keep a picture, if none of the same content is kept; gives whether it was.
insert into commerce.picture (id, digest, name, width, height, size_bytes, colour, uploaded_at, released_at)
values (:id, :digest, :name, :width, :height, :size_bytes, :colour, :at, :at)
on conflict (digest) where gone_at is null do nothing returning true;

-- name: picture(digest: text) -> Row?
-- A picture with how many show it.
select id, digest, name, width, height, size_bytes, colour, focus_x, focus_y, alts, uploaded_at,
    (select count(*) from commerce.picture_use as u where u.picture = p.id)
from commerce.picture as p where digest = :digest and gone_at is null;

-- name: pictures(name: text, before: text, size: int) -> Row[]
-- Pictures whose files' names hold a word, the newest first, on from one of them.
select id, digest, name, width, height, size_bytes, colour, focus_x, focus_y, alts, uploaded_at,
    (select count(*) from commerce.picture_use as u where u.picture = p.id)
from commerce.picture as p
where gone_at is null and (:name = '' or position(lower(:name) in lower(name)) > 0)
    and (:before = '' or id < (select b.id from commerce.picture as b where b.digest = :before and b.gone_at is null))
order by id desc limit :size;

-- name: these(digests: text[]) -> Row[]
-- These pictures, the newest first.
select id, digest, name, width, height, size_bytes, colour, focus_x, focus_y, alts, uploaded_at,
    (select count(*) from commerce.picture_use as u where u.picture = p.id)
from commerce.picture as p where gone_at is null and digest = any(:digests) order by id desc;

-- name: shown(digests: text[]) -> Row[]
-- What pages need of pictures; their uses are not counted.
select id, digest, name, width, height, size_bytes, colour, focus_x, focus_y, alts, uploaded_at, 0::bigint
from commerce.picture where digest = any(:digests) and gone_at is null;

-- name: describe(digest: text, focus_x: int, focus_y: int, alts: json) -> value?
-- Say where a picture's subject is, and what it shows; gives its id.
update commerce.picture set focus_x = :focus_x, focus_y = :focus_y, alts = :alts::jsonb
where digest = :digest and gone_at is null returning id;

-- name: holders(picture: uuid) -> value[]
-- Who shows a picture.
select holder from commerce.picture_use where picture = :picture order by holder;

-- name: lock(digests: text[]) -> value[]
-- Those of the pictures that there are, kept from being discarded until the transaction ends.
select digest from commerce.picture where digest = any(:digests) and gone_at is null order by id for key share;

-- name: use(holders: uuid[], held: uuid[], digests: text[], at: timestamptz)
-- Make what each holder shows the given pictures (each ``held`` shows the digest beside it), and no others.
with wanted as (
    select distinct w.holder, p.id from unnest(:held, :digests) as w (holder, digest)
    join commerce.picture as p on p.digest = w.digest and p.gone_at is null
), dropped as (
    delete from commerce.picture_use as u where u.holder = any(:holders)
        and not exists (select from wanted as w where (w.holder, w.id) = (u.holder, u.picture))
    returning u.picture
), put as (
    insert into commerce.picture_use (holder, picture) select holder, id from wanted order by holder, id
    on conflict do nothing
)
update commerce.picture set released_at = :at
where id in (select p.id from commerce.picture as p where p.id in (select picture from dropped)
    order by p.id for no key update);

-- name: hold(digest: text) -> value?
-- Keep a picture from being used or discarded by others until the transaction ends; gives its id.
select id from commerce.picture where digest = :digest and gone_at is null for update;

-- name: discard(pictures: uuid[], at: timestamptz) -> value[]
-- Discard those of the pictures (held before) that nobody shows; gives their digests.
update commerce.picture as p set gone_at = :at where id = any(:pictures) and gone_at is null
    and not exists (select from commerce.picture_use as u where u.picture = p.id)
returning digest;

-- name: idle(before: timestamptz, size: int) -> value[]
-- Pictures that nobody has shown since an instant, held.
select id from commerce.picture as p where gone_at is null and released_at < :before
    and not exists (select from commerce.picture_use as u where u.picture = p.id)
order by id limit :size for update skip locked;

-- name: gone(before: timestamptz, size: int) -> value[]
-- Pictures that were discarded before an instant, held.
select id from commerce.picture where gone_at < :before order by id limit :size for update skip locked;

-- name: forms(picture: uuid) -> Size[]
-- What was made of a picture.
select form, size_bytes, made from commerce.picture_form where picture = :picture order by form;

-- name: lock_form(key: text)
-- Let one process at a time make a size of a picture.
select pg_advisory_xact_lock(1001, hashtext(:key));

-- name: put_form(picture: uuid, form: text, size_bytes: bigint)
-- Note that a size was made.
insert into commerce.picture_form as f (picture, form, size_bytes) values (:picture, :form, :size_bytes)
on conflict (picture, form) do update set size_bytes = excluded.size_bytes, made = f.made + 1;

-- name: remove(pictures: uuid[])
-- Forget pictures whose files were removed.
with forms as (
    delete from commerce.picture_form where picture = any(:pictures)
)
delete from commerce.picture where id = any(:pictures);

-- name: known(ids: uuid[]) -> value[]
-- Those of the ids that are pictures', gone or not.
select id from commerce.picture where id = any(:ids);
