-- An address is looked for in all languages at once.
create index translation_slug on commerce.translation (slug);
