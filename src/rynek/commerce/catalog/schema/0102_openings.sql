-- What will be published in a channel next: shop pages hold until then.
create index publication_coming on commerce.publication (channel, from_at) where from_at is not null;
