-- name: open(ids: uuid[], orders: uuid[], providers: text[], methods: text[], currencies: text[], amounts: bigint[], authorised: bigint[], captured: bigint[], tokens: text[], at: timestamptz)
-- Write payments, and in the ledger what they bring with them.
with n as (
    select * from unnest(:ids, :orders, :providers, :methods, :currencies, :amounts, :authorised, :captured, :tokens)
        as n (id, order_id, provider, method, currency, amount, authorised, captured, token)
), e as (
    insert into commerce.payment_entry (payment, attempt, kind, minor, at)
    select id, 'opening', 'authorised', authorised, :at from n where authorised > 0
    union all
    select id, 'opening', 'captured', captured, :at from n where captured > 0
)
insert into commerce.payment
    (id, order_id, provider, method, currency, amount_minor, authorised_minor, captured_minor, token, at)
select id, order_id, provider, method, currency, amount, authorised, captured, token, :at from n

-- name: row(id: uuid) -> Row?
-- A payment.
select p.id, order_id, provider, method, currency, amount_minor, authorised_minor, captured_minor, voided_minor,
    refunded_minor, disputed_minor, token, reference, action_url, unwinding, p.at, p.captures, a.state
from commerce.payment p
left join commerce.payment_attempt a on a.payment = p.id and a.attempt = 'authorise'
where p.id = :id

-- name: rows(orders: uuid[]) -> Row[]
-- The payments of orders, in the order they are locked.
select p.id, order_id, provider, method, currency, amount_minor, authorised_minor, captured_minor, voided_minor,
    refunded_minor, disputed_minor, token, reference, action_url, unwinding, p.at, p.captures, a.state
from commerce.payment p
left join commerce.payment_attempt a on a.payment = p.id and a.attempt = 'authorise'
where order_id = any(:orders) order by order_id, p.id

-- name: lock(ids: uuid[]) -> value[]
-- Lock payments.
select id from commerce.payment where id = any(:ids) order by id for update

-- name: capturable(orders: uuid[]) -> value[]
-- Which of these orders have money promised by a provider that has not been taken.
select distinct order_id from commerce.payment
where order_id = any(:orders) and provider <> 'manual' and not unwinding
    and authorised_minor > captured_minor + voided_minor
order by order_id

-- name: attempts(payment: uuid) -> Attempt[]
-- What was tried with a payment, in order.
select attempt, kind, minor, state, error, tries, asked_at, settled_at, receipt
from commerce.payment_attempt where payment = :payment order by asked_at, attempt

-- name: ledger(payment: uuid) -> Entry[]
-- What a payment did, in order.
select at, kind, minor, attempt, provider_reference from commerce.payment_entry
where payment = :payment order by at, attempt, kind

-- name: ask(payment: uuid, attempt: text, kind: text, minor: bigint, tries: int, at: timestamptz, due_at: timestamptz, asker: text)
-- Write down what a provider is about to be asked for.
insert into commerce.payment_attempt (payment, attempt, kind, minor, state, tries, asked_at, due_at, asker)
values (:payment, :attempt, :kind, :minor, 'asked', :tries, :at, :due_at, :asker)

-- name: due(payment: uuid, attempt: text) -> Due?
-- What a provider has to be told for an attempt.
select a.payment, a.attempt, a.kind, a.minor, a.tries, p.order_id, p.provider, p.method, p.currency, p.token,
    p.reference, a.asked_at, a.asker
from commerce.payment_attempt a join commerce.payment p on p.id = a.payment
where a.payment = :payment and a.attempt = :attempt

-- name: claim(providers: text[], at: timestamptz, until: timestamptz, limit: int) -> Due[]
-- Take attempts whose time has come; nobody else takes them until then.
with d as (
    select a.payment, a.attempt from commerce.payment_attempt a join commerce.payment p on p.id = a.payment
    where a.state in ('asked', 'unknown') and a.due_at <= :at and p.provider = any(:providers)
    order by a.due_at limit :limit for update of a skip locked
)
update commerce.payment_attempt a set tries = a.tries + 1, due_at = :until
from d join commerce.payment p on p.id = d.payment
where a.payment = d.payment and a.attempt = d.attempt
returning a.payment, a.attempt, a.kind, a.minor, a.tries, p.order_id, p.provider, p.method, p.currency, p.token,
    p.reference, a.asked_at, a.asker

-- name: postpone(payment: uuid, attempt: text, error: text, due_at: timestamptz)
-- Ask again later: nobody knows what became of it.
update commerce.payment_attempt set state = 'unknown', error = :error, due_at = :due_at
where payment = :payment and attempt = :attempt

-- name: keep_receipt(payment: uuid, attempt: text, receipt: text)
-- Keep what has to be printed for the buyer.
update commerce.payment_attempt set receipt = :receipt where payment = :payment and attempt = :attempt

-- name: set_attempt(payment: uuid, attempt: text, state: text, error: text, at: timestamptz)
-- Write down what became of an attempt.
update commerce.payment_attempt set state = :state, error = :error, settled_at = :at, asker = null
where payment = :payment and attempt = :attempt

-- name: enter(payment: uuid, attempt: text, kind: text, minor: bigint, reference: text, at: timestamptz)
-- Write into the ledger what an attempt moved or failed to move.
insert into commerce.payment_entry (payment, attempt, kind, minor, provider_reference, at)
values (:payment, :attempt, :kind, :minor, :reference, :at)
on conflict on constraint payment_entry_once do nothing

-- name: move(payment: uuid, authorised: bigint, captured: bigint, voided: bigint, refunded: bigint, reference: text, captures: text)
-- Add what an attempt moved to its payment; the first reference names the authorisation.
update commerce.payment set authorised_minor = authorised_minor + :authorised,
    captured_minor = captured_minor + :captured, voided_minor = voided_minor + :voided,
    refunded_minor = refunded_minor + :refunded, reference = coalesce(reference, :reference),
    captures = coalesce(:captures, captures)
where id = :payment

-- name: wait(payment: uuid, reference: text, action_url: text)
-- Write down where the buyer has to go, and what the provider calls that.
update commerce.payment set reference = coalesce(reference, :reference), action_url = coalesce(:action_url, action_url)
where id = :payment

-- name: learn(payment: uuid, provider: text, reference: text)
-- Write down what a provider calls an authorisation whose answer was lost.
update commerce.payment set reference = :reference where id = :payment and provider = :provider and reference is null

-- name: stir(provider: text, reference: text, at: timestamptz) -> value[]
-- Ask about what is not settled of an authorisation now; gives the payments that have it.
with p as (select id from commerce.payment where provider = :provider and reference = :reference),
a as (
    update commerce.payment_attempt a set due_at = :at from p where a.payment = p.id and a.state = 'unknown'
)
select id from p

-- name: referred(provider: text, reference: text) -> value[]
-- The payments of an authorisation.
select id from commerce.payment where provider = :provider and reference = :reference order by id

-- name: dispute(payment: uuid, dispute: text, minor: bigint, reason: text, until: timestamptz, at: timestamptz) -> value?
-- Write down that the buyer's bank took money back, once; gives how much.
insert into commerce.payment_dispute (payment, dispute, minor, reason, answer_by, opened_at)
values (:payment, :dispute, :minor, :reason, :until, :at)
on conflict on constraint payment_dispute_once do nothing returning minor

-- name: decide(payment: uuid, dispute: text, state: text, at: timestamptz) -> value?
-- Write down whose disputed money is, once; gives how much.
update commerce.payment_dispute set state = :state, closed_at = :at
where payment = :payment and dispute = :dispute and state = 'open' returning minor

-- name: contest(payment: uuid, minor: bigint)
-- Add to what the buyer's bank took back of a payment.
update commerce.payment set disputed_minor = disputed_minor + :minor where id = :payment

-- name: unwind(ids: uuid[])
-- Say that whatever payments still bring goes back.
update commerce.payment set unwinding = true where id = any(:ids) and not unwinding

-- name: owe(id: uuid, minor: bigint)
-- Say how much of what people took by hand is to be given back by hand.
update commerce.payment set owed_minor = refunded_minor + :minor
where id = :id and owed_minor is distinct from refunded_minor + :minor

-- name: unsettled(limit: int) -> Unsettled[]
-- Money whose whereabouts are not settled, longest first.
select case a.state when 'disputed' then 'disputed' else 'unknown' end, p.id, p.order_id, p.provider, p.method, p.currency,
    a.minor, a.attempt, a.error, a.asked_at
from commerce.payment_attempt a join commerce.payment p on p.id = a.payment
where a.state in ('asked', 'unknown', 'disputed')
union all
select 'owed', id, order_id, provider, method, currency,
    captured_minor - refunded_minor + authorised_minor - captured_minor - voided_minor, '', '', at
from commerce.payment
where unwinding and (captured_minor > refunded_minor or authorised_minor > captured_minor + voided_minor)
    and not exists (
        select from commerce.payment_attempt where payment = id and state in ('asked', 'unknown', 'disputed'))
union all
select 'owed', id, order_id, provider, method, currency, owed_minor - refunded_minor, '', '', at
from commerce.payment where not unwinding and owed_minor > refunded_minor
union all
select 'owed', p.id, p.order_id, p.provider, p.method, p.currency, a.minor, a.attempt, a.error, a.settled_at
from commerce.payment_attempt a join commerce.payment p on p.id = a.payment
where a.state = 'refused' and a.kind = 'refund' and a.attempt like 'surplus:%' and captured_minor > refunded_minor
union all
select 'missed', p.id, p.order_id, p.provider, p.method, p.currency, a.minor, a.attempt, a.error, a.settled_at
from commerce.payment_attempt a join commerce.payment p on p.id = a.payment
where a.state = 'refused' and a.kind = 'capture' and not p.unwinding and authorised_minor > captured_minor + voided_minor
union all
select 'contested', p.id, p.order_id, p.provider, p.method, p.currency, d.minor, 'dispute:' || d.dispute, d.reason,
    d.opened_at
from commerce.payment_dispute d join commerce.payment p on p.id = d.payment where d.state = 'open'
order by 10, 2, 8 limit :limit

-- name: unbalanced() -> Unbalanced[]
-- Payments that are not the sums of their ledger.
select id, authorised_minor, coalesce(e.authorised, 0), captured_minor, coalesce(e.captured, 0),
    voided_minor, coalesce(e.voided, 0), refunded_minor, coalesce(e.refunded, 0), disputed_minor,
    coalesce(e.disputed, 0)
from commerce.payment p
left join (
    select payment, sum(minor) filter (where kind = 'authorised')::bigint as authorised,
        sum(minor) filter (where kind = 'captured')::bigint as captured,
        sum(minor) filter (where kind = 'voided')::bigint as voided,
        sum(minor) filter (where kind = 'refunded')::bigint as refunded,
        (coalesce(sum(minor) filter (where kind = 'disputed'), 0)
            - coalesce(sum(minor) filter (where kind = 'recovered'), 0))::bigint as disputed
    from commerce.payment_entry group by payment
) e on e.payment = p.id
where (authorised_minor, captured_minor, voided_minor, refunded_minor, disputed_minor) is distinct from (
    coalesce(e.authorised, 0), coalesce(e.captured, 0), coalesce(e.voided, 0), coalesce(e.refunded, 0),
    coalesce(e.disputed, 0))
order by id limit 1000

-- name: awaited(orders: uuid[], payments: uuid[], method: text) -> Awaited[]
-- What people are still to collect for orders or payments.
select id, order_id, method, currency, authorised_minor - captured_minor - voided_minor, unwinding
from commerce.payment
where (order_id = any(:orders) or id = any(:payments)) and provider = 'manual' and :method in ('', method)
order by id

-- name: awaited_of(currency: text, minor: bigint, method: text) -> Awaited[]
-- Of whom exactly so much is still to be collected.
select id, order_id, method, currency, authorised_minor - captured_minor - voided_minor, unwinding
from commerce.payment
where provider = 'manual' and not unwinding and authorised_minor > captured_minor + voided_minor
    and currency = :currency and authorised_minor - captured_minor - voided_minor = :minor and method = :method
order by id desc limit 10

-- name: known(provider: text, references: text[], payments: uuid[]) -> Known[]
-- What the ledger says of payments that a provider settles.
select id, reference, currency, captured_minor, refunded_minor, disputed_minor from commerce.payment
where provider = :provider and (reference = any(:references) or id = any(:payments)) order by id

-- name: taken(provider: text, before: timestamptz, after: uuid, limit: int) -> Taken[]
-- What a provider took before an instant.
select p.id, p.order_id, p.currency, p.captured_minor, max(e.at)
from commerce.payment p join commerce.payment_entry e on e.payment = p.id and e.kind = 'captured'
where p.provider = :provider and p.captured_minor > 0 and (:after is null or p.id > :after)
group by p.id having max(e.at) < :before
order by p.id limit :limit
