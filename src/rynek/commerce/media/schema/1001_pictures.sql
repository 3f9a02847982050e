-- Uploaded pictures, who uses them, and what was made of them. The files lie in the storage, under the id: a picture
-- that is uploaded again after it was discarded is another row with other files, so that clearing away one never
-- takes from the other. A picture that is gone_at is seen by nobody and cleared away a day later.

create table commerce.picture (
    id uuid primary key,
    digest text not null constraint picture_digest_form check (digest ~ '^[0-9a-f]{32}$'),
    name text not null,
    width int not null constraint picture_width_positive check (width > 0),
    height int not null constraint picture_height_positive check (height > 0),
    size_bytes bigint not null,
    colour text not null constraint picture_colour_form check (colour ~ '^#[0-9a-f]{6}$'),
    focus_x smallint not null default 50 constraint picture_focus_x_percent check (focus_x between 0 and 100),
    focus_y smallint not null default 50 constraint picture_focus_y_percent check (focus_y between 0 and 100),
    alts jsonb not null default '{}',
    uploaded_at timestamptz not null,
    released_at timestamptz not null,
    gone_at timestamptz
);
create unique index picture_digest_once on commerce.picture (digest) where gone_at is null;
create index picture_gone on commerce.picture (gone_at) where gone_at is not null;
create index picture_newest on commerce.picture (id) where gone_at is null;

-- holder is a product, or whatever else shows it.
create table commerce.picture_use (
    holder uuid not null,
    picture uuid not null constraint picture_use_picture references commerce.picture,
    primary key (holder, picture)
);
create index picture_use_picture on commerce.picture_use (picture);

-- form is a size, a cut and a format: 640-4x3-50-33.webp. made counts how often it was: once, whoever asked at once.
create table commerce.picture_form (
    picture uuid not null references commerce.picture,
    form text not null,
    size_bytes bigint not null,
    made int not null default 1,
    primary key (picture, form)
);
