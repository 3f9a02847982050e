-- name: ask(id: uuid, customer: uuid, company: uuid, channel: text, currency: text, terms: text, at: timestamptz) -> value
-- Begin a quote; gives its number.
insert into commerce.quote (id, customer, company, channel, currency, terms, state, turn, asked_at)
values (:id, :customer, :company, :channel, :currency, :terms::json, 'requested', 1, :at) returning number

-- name: say(quote: uuid, turn: int, at: timestamptz, what: text, kind: text, actor: uuid, note: text, lines: text, delivery_minor: bigint, valid_until: timestamptz)
-- Write a turn of a thread.
insert into commerce.quote_turn (quote, turn, at, what, actor_kind, actor, note, lines, delivery_minor, valid_until)
values (:quote, :turn, :at, :what, :kind, :actor, :note, :lines::json, :delivery_minor, :valid_until)

-- name: move(id: uuid, state: text, turn: int, valid_until: timestamptz, order_id: uuid)
-- Move a quote on.
update commerce.quote set state = :state, turn = :turn, valid_until = :valid_until, order_id = :order_id where id = :id

-- name: lock_quote(id: uuid) -> QuoteRow?
-- Lock a quote.
select id, number, customer, company, channel, currency, state, turn, valid_until, order_id, asked_at, terms::text
from commerce.quote where id = :id for update

-- name: quote(id: uuid) -> QuoteRow?
-- A quote.
select id, number, customer, company, channel, currency, state, turn, valid_until, order_id, asked_at, terms::text
from commerce.quote where id = :id

-- name: thread(quote: uuid) -> SaidRow[]
-- What was said, in turn.
select turn, at, what, actor_kind, note, lines::text, delivery_minor, valid_until
from commerce.quote_turn where quote = :quote order by turn

-- name: quotes(customer: uuid, company: uuid, state: text, before: uuid, limit: int) -> Listed[]
-- Quotes, the newest first: somebody's and those of their company, or all.
select id, number, customer, company, channel, currency, state, turn, valid_until, order_id, asked_at
from commerce.quote
where (:customer is null or customer = :customer or company = :company) and (:state is null or state = :state)
    and (:before is null or id < :before)
order by id desc limit :limit

-- name: ended(at: timestamptz, limit: int) -> value[]
-- Offers past their day; those that somebody is at are left for the next time.
select id from commerce.quote where state = 'offered' and valid_until <= :at
order by id limit :limit for update skip locked

-- name: units(skus: text[]) -> SoldBy[]
-- What these items are sold by.
select sku, unit from commerce.variant where sku = any(:skus)

-- name: delivery_item(channel: text, code: text) -> value?
-- The item that a delivery option is.
select sku from commerce.delivery_option where channel = :channel and code = :code and active

-- name: request(id: uuid, cart: uuid, version: int, customer: uuid, company: uuid, currency: text, total_minor: bigint, method: text, note: text, at: timestamptz, until_at: timestamptz) -> value?
-- Ask for approval, unless the cart waits for one already.
insert into commerce.approval
    (id, cart, version, customer, company, currency, total_minor, method, note, state, asked_at, until_at)
values (:id, :cart, :version, :customer, :company, :currency, :total_minor, :method, :note, 'waiting', :at, :until_at)
on conflict (cart) where state = 'waiting' do nothing returning id

-- name: withdraw_other(cart: uuid, version: int, at: timestamptz) -> Approval[]
-- Let go of a request for an older version of a cart.
update commerce.approval set state = 'withdrawn', decided_at = :at
where cart = :cart and state = 'waiting' and version <> :version
returning id, cart, version, customer, company, currency, total_minor, method, note, state, asked_at, until_at, decided_by,
    decided_at, answer, order_id

-- name: waiting_of(cart: uuid) -> Approval?
-- The request that a cart waits with.
select id, cart, version, customer, company, currency, total_minor, method, note, state, asked_at, until_at, decided_by,
    decided_at, answer, order_id
from commerce.approval where cart = :cart and state = 'waiting'

-- name: approval(id: uuid) -> Approval?
-- A request for approval.
select id, cart, version, customer, company, currency, total_minor, method, note, state, asked_at, until_at, decided_by,
    decided_at, answer, order_id
from commerce.approval where id = :id

-- name: lock_approval(id: uuid) -> Approval?
-- Lock a request for approval.
select id, cart, version, customer, company, currency, total_minor, method, note, state, asked_at, until_at, decided_by,
    decided_at, answer, order_id
from commerce.approval where id = :id for update

-- name: approvals(company: uuid, customer: uuid, waiting: boolean, before: uuid, limit: int) -> Approval[]
-- A company's requests, the newest first; only somebody's own where that is asked.
select id, cart, version, customer, company, currency, total_minor, method, note, state, asked_at, until_at, decided_by,
    decided_at, answer, order_id
from commerce.approval
where company = :company and (:customer is null or customer = :customer) and (not :waiting or state = 'waiting')
    and (:before is null or id < :before)
order by id desc limit :limit

-- name: decide(id: uuid, state: text, by: uuid, at: timestamptz, answer: text, order_id: uuid) -> Approval
-- Decide a request.
update commerce.approval set state = :state, decided_by = :by, decided_at = :at, answer = :answer, order_id = :order_id
where id = :id
returning id, cart, version, customer, company, currency, total_minor, method, note, state, asked_at, until_at, decided_by,
    decided_at, answer, order_id

-- name: overdue(at: timestamptz, limit: int) -> value[]
-- Requests that nobody decided in time; those that somebody is at are left for the next time.
select id from commerce.approval where state = 'waiting' and until_at <= :at
order by id limit :limit for update skip locked

-- name: items(codes: text[]) -> ItemRow[]
-- Items by sku, however it is written, or by GTIN.
select c, v.sku from unnest(:codes) as n (c) join commerce.variant v on v.sku = n.c
union
select c, v.sku from unnest(:codes) as n (c) join commerce.variant v on v.sku = upper(n.c)
    where not exists (select from commerce.variant x where x.sku = n.c)
union
select c, v.sku from unnest(:codes) as n (c) join commerce.variant v on v.gtin = '0' || n.c and v.active
    where n.c ~ '^[0-9]{12}$'
union
select c, v.sku from unnest(:codes) as n (c) join commerce.variant v on v.gtin = n.c and v.active

-- name: put_template(id: uuid, customer: uuid, company: uuid, name: text, lines: text, at: timestamptz) -> value?
-- Write a template; nothing where it is somebody else's.
insert into commerce.order_template as t (id, customer, company, name, lines, changed_at)
values (:id, :customer, :company, :name, :lines::json, :at)
on conflict (id) do update set company = excluded.company, name = excluded.name, lines = excluded.lines,
    changed_at = excluded.changed_at
where t.customer = excluded.customer
returning id

-- name: drop_template(id: uuid, customer: uuid) -> value?
-- Throw a template away.
delete from commerce.order_template where id = :id and customer = :customer returning id

-- name: templates(customer: uuid, company: uuid) -> TemplateRow[]
-- Somebody's templates, and those shared in their company.
select id, customer, company, name, lines::text, changed_at from commerce.order_template
where customer = :customer or company = :company order by lower(name), id

-- name: template(id: uuid) -> TemplateRow?
-- A template.
select id, customer, company, name, lines::text, changed_at from commerce.order_template where id = :id
