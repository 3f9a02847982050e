-- name: account(id: uuid) -> Account?
-- One account.
select id, kind, currency, owner, hint, balance_minor, aside_minor, expires_on, blocked, at
from commerce.wallet_account where id = :id

-- name: lock(id: uuid) -> Account
-- One account, locked.
select id, kind, currency, owner, hint, balance_minor, aside_minor, expires_on, blocked, at
from commerce.wallet_account where id = :id for no key update

-- name: by_code(code_hash: bytea) -> Account?
-- The gift card of a code.
select id, kind, currency, owner, hint, balance_minor, aside_minor, expires_on, blocked, at
from commerce.wallet_account where code_hash = :code_hash

-- name: cards(before: uuid, hint: text, limit: int) -> Account[]
-- Gift cards, newest first.
select id, kind, currency, owner, hint, balance_minor, aside_minor, expires_on, blocked, at
from commerce.wallet_account
where kind = 'gift-card' and (:before is null or id < :before) and (:hint is null or hint = :hint)
order by id desc limit :limit

-- name: of_owner(owner: uuid) -> Account[]
-- What a customer has.
select id, kind, currency, owner, hint, balance_minor, aside_minor, expires_on, blocked, at
from commerce.wallet_account where owner = :owner order by kind, currency

-- name: owned(id: uuid, owner: uuid, kind: text, currency: text, at: timestamptz) -> value
-- A customer's account of a kind and currency, begun when there is none yet.
insert into commerce.wallet_account (id, kind, currency, owner, at) values (:id, :kind, :currency, :owner, :at)
on conflict (owner, kind, currency) where owner is not null do update set owner = excluded.owner returning id

-- name: issue(ids: uuid[], hashes: bytea[], hints: text[], references: text[], entries: uuid[], currency: text, minor: bigint, why: text, expires_on: date, at: timestamptz)
-- Write gift cards with what is on them.
with card as (
    insert into commerce.wallet_account (id, kind, currency, code_hash, hint, balance_minor, expires_on, at)
    select t.id, 'gift-card', :currency, t.code, t.hint, :minor, :expires_on, :at
    from unnest(:ids, :hashes, :hints) as t(id, code, hint)
)
insert into commerce.wallet_entry (id, reference, account, source, target, minor, why, expires_on, at)
select t.entry, t.reference, t.id, 'issued', 'available', :minor, :why, :expires_on, :at
from unnest(:ids, :references, :entries) as t(id, reference, entry)

-- name: made(reference: text) -> Made?
-- A move that was made already.
select tender_minor, account, minor from commerce.wallet_entry where reference = :reference

-- name: issued(references: text[]) -> Account[]
-- The gift cards that were issued together.
select a.id, a.kind, a.currency, a.owner, a.hint, e.minor, a.aside_minor, e.expires_on, a.blocked, a.at
from commerce.wallet_entry e join commerce.wallet_account a on a.id = e.account
where e.reference = any(:references) order by e.id

-- name: move(id: uuid, reference: text, account: uuid, source: text, target: text, minor: bigint, tender: bigint, order_id: uuid, why: text, expires_on: date, spared: date, at: timestamptz) -> value?
-- Move units from one book to another, once for each reference; gives what can be spent then, nothing the second time.
with entry as (
    insert into commerce.wallet_entry
        (id, reference, account, source, target, minor, tender_minor, order_id, why, expires_on, at)
    values (:id, :reference, :account, :source, :target, :minor, :tender, :order_id, :why, :expires_on, :at)
    on conflict (reference) do nothing returning *
)
update commerce.wallet_account a set
    balance_minor = a.balance_minor + case 'available' when e.target then e.minor when e.source then -e.minor else 0 end,
    aside_minor = a.aside_minor + case 'aside' when e.target then e.minor when e.source then -e.minor else 0 end,
    -- what was bought for it and came back can be spent for a while, even where its day is over
    expires_on = case when e.source = 'spent' and exists (
            select from commerce.wallet_entry d where d.account = a.id and d.expires_on is not null
        ) then greatest(a.expires_on, :spared)
        else least(a.expires_on, e.expires_on) end
from entry e where a.id = e.account returning a.balance_minor

-- name: entries(account: uuid, before: uuid, limit: int) -> Entry[]
-- What happened to an account, newest first.
select id, at, source, target, minor, why, order_id, tender_minor, expires_on from commerce.wallet_entry
where account = :account and (:before is null or id < :before) order by id desc limit :limit

-- name: block(id: uuid, blocked: boolean) -> Account?
-- Say whether a gift card can be used.
update commerce.wallet_account set blocked = :blocked where id = :id and kind = 'gift-card'
returning id, kind, currency, owner, hint, balance_minor, aside_minor, expires_on, blocked, at

-- name: add_claim(token_hash: bytea, account: uuid, currency: text, unit_minor: bigint, until: timestamptz)
-- Write down what a token stands for.
insert into commerce.wallet_claim (token_hash, account, currency, unit_minor, until)
values (:token_hash, :account, :currency, :unit_minor, :until)

-- name: claim(token_hash: bytea) -> Claim?
-- What a token stands for, locked.
select account, currency, unit_minor, until, payment from commerce.wallet_claim
where token_hash = :token_hash for update

-- name: use_claim(token_hash: bytea, payment: uuid)
-- A token is this payment's from now on.
update commerce.wallet_claim set payment = :payment where token_hash = :token_hash

-- name: forget_claims(before: timestamptz)
-- Forget tokens that pay nothing any more.
delete from commerce.wallet_claim where until < :before

-- name: hold(payment: uuid) -> Hold?
-- What a payment has set aside, locked.
select payment, account, order_id, minor, tender_minor, gone_minor, taken_minor, back_minor
from commerce.wallet_hold where payment = :payment for update

-- name: add_hold(payment: uuid, account: uuid, order_id: uuid, minor: bigint, tender: bigint)
-- Write down what a payment sets aside.
insert into commerce.wallet_hold (payment, account, order_id, minor, tender_minor)
values (:payment, :account, :order_id, :minor, :tender)

-- name: move_hold(payment: uuid, gone: bigint, taken: bigint, back: bigint)
-- A part of what was set aside was taken, let go or given back.
update commerce.wallet_hold set gone_minor = gone_minor + :gone, taken_minor = taken_minor + :taken,
    back_minor = back_minor + :back
where payment = :payment

-- name: lapsing(today: date, limit: int) -> value[]
-- Accounts of which something may have lapsed, locked.
select id from commerce.wallet_account where balance_minor > 0 and expires_on < :today
order by expires_on limit :limit for no key update skip locked

-- name: lots(account: uuid) -> Lot[]
-- What came into a locked account, by its last day, beside all that left it and did not come back.
select :account, expires_on, sum(minor)::bigint, (
        select coalesce(sum(case 'available' when source then minor else -minor end), 0)::bigint
        from commerce.wallet_entry
        where account = :account and (source = 'available' or (target = 'available' and source <> 'issued')))
from commerce.wallet_entry where account = :account and source = 'issued' and target = 'available'
group by expires_on

-- name: set_day(id: uuid, expires_on: date)
-- The last day before something of an account may lapse.
update commerce.wallet_account set expires_on = :expires_on where id = :id

-- name: programme(channel: text) -> Terms?
-- A channel's programme.
select channel, currency, per_minor, point_minor, months, tiers, active from commerce.wallet_programme
where channel = :channel

-- name: put_programme(channel: text, currency: text, per_minor: bigint, point_minor: bigint, months: int, tiers: text, active: boolean, at: timestamptz)
-- Keep a channel's programme.
insert into commerce.wallet_programme (channel, currency, per_minor, point_minor, months, tiers, active, changed_at)
values (:channel, :currency, :per_minor, :point_minor, :months, :tiers::json, :active, :at)
on conflict (channel) do update set currency = excluded.currency, per_minor = excluded.per_minor,
    point_minor = excluded.point_minor, months = excluded.months, tiers = excluded.tiers, active = excluded.active,
    changed_at = excluded.changed_at

-- name: add_order(order_id: uuid, owner: uuid, channel: text, currency: text)
-- Remember whose an order is.
insert into commerce.wallet_order (order_id, owner, channel, currency)
values (:order_id, :owner, :channel, :currency) on conflict do nothing

-- name: bought(order_id: uuid) -> Bought?
-- A customer's order, locked.
select order_id, owner, channel, currency, shipped_at, per_minor, multiplier_bp, expires_on, points
from commerce.wallet_order where order_id = :order_id for update

-- name: ship(order_id: uuid, per_minor: bigint, multiplier_bp: int, expires_on: date, at: timestamptz)
-- An order was shipped, and earns by these terms.
update commerce.wallet_order set shipped_at = :at, per_minor = :per_minor, multiplier_bp = :multiplier_bp,
    expires_on = :expires_on
where order_id = :order_id

-- name: count(order_id: uuid, counted: bigint, points: bigint)
-- What an order comes to, and what it has earned.
update commerce.wallet_order set counted_minor = :counted, points = :points where order_id = :order_id

-- name: spent(owner: uuid, channel: text, since: timestamptz) -> value
-- How much a customer bought in a channel since a day and did not give back.
select coalesce(sum(counted_minor), 0)::bigint from commerce.wallet_order
where owner = :owner and channel = :channel and shipped_at >= :since

-- name: unbalanced() -> Unbalanced[]
-- Accounts that are not the sums of their entries, or whose payments hold something else than is set aside.
select * from (
    select a.id, a.balance_minor, coalesce(e.balance, 0)::bigint as balance_entries, a.aside_minor,
        coalesce(e.aside, 0)::bigint as aside_entries, coalesce(h.aside, 0)::bigint as aside_holds
    from commerce.wallet_account a
    left join (
        select account, sum(case 'available' when target then minor when source then -minor else 0 end) as balance,
            sum(case 'aside' when target then minor when source then -minor else 0 end) as aside
        from commerce.wallet_entry group by account
    ) e on e.account = a.id
    left join (
        select account, sum(minor - div(minor::numeric * gone_minor, tender_minor)) as aside
        from commerce.wallet_hold group by account
    ) h on h.account = a.id
) as s where (balance_minor, aside_minor, aside_minor) is distinct from (balance_entries, aside_entries, aside_holds)
order by 1 limit 1000

-- name: sums() -> Sum[]
-- What lies in each book.
select a.kind, a.currency, b.book, sum(b.minor)::bigint
from commerce.wallet_entry e join commerce.wallet_account a on a.id = e.account
cross join lateral (values (e.source, -e.minor), (e.target, e.minor)) as b(book, minor)
group by a.kind, a.currency, b.book order by 1, 2, 3

-- name: customers(order_id: uuid) -> value?
-- Whether an order is a customer's.
select true from commerce.wallet_order where order_id = :order_id
