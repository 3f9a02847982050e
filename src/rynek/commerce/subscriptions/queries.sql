-- name: put_plans(codes: text[], channels: text[], names: text[], everys: int[], units: text[], notices: int[], actives: boolean[])
-- Add or change plans.
insert into commerce.subscription_plan (code, channel, name, every, unit, notice_days, active)
select * from unnest(:codes, :channels, :names, :everys, :units, :notices, :actives)
on conflict (code) do update set channel = excluded.channel, name = excluded.name, every = excluded.every,
    unit = excluded.unit, notice_days = excluded.notice_days, active = excluded.active

-- name: plans(channel: text, after: text, limit: int) -> Plan[]
-- Plans by code; channel null for all.
select code, channel, name, every, unit, notice_days, active from commerce.subscription_plan
where (:channel is null or channel = :channel) and code > :after order by code limit :limit

-- name: plan(code: text) -> Plan?
-- A plan.
select code, channel, name, every, unit, notice_days, active from commerce.subscription_plan where code = :code

-- name: start(id: uuid, customer: uuid, plan: text, channel: text, currency: text, agreed: bigint, anchor: date, terms: text, paying: text, at: timestamptz)
-- Write a subscription.
insert into commerce.subscription
    (id, customer, plan, channel, state, currency, agreed_minor, anchor_on, cycle, next_on, terms, paying, started_at)
values (:id, :customer, :plan, :channel, 'active', :currency, :agreed, :anchor, 0, :anchor, :terms::json, :paying::json, :at)

-- name: row(id: uuid) -> Row?
-- A subscription.
select id, customer, plan, channel, state, currency, agreed_minor, told_minor, told_from, anchor_on, cycle, next_on, tries,
    terms::text, paying::text, started_at
from commerce.subscription where id = :id

-- name: lock(id: uuid) -> Row?
-- Lock a subscription.
select id, customer, plan, channel, state, currency, agreed_minor, told_minor, told_from, anchor_on, cycle, next_on, tries,
    terms::text, paying::text, started_at
from commerce.subscription where id = :id for update

-- name: due(on: date, limit: int) -> Row[]
-- Lock subscriptions whose delivery is due; those that somebody is at are left for the next time.
select id, customer, plan, channel, state, currency, agreed_minor, told_minor, told_from, anchor_on, cycle, next_on, tries,
    terms::text, paying::text, started_at
from commerce.subscription where state in ('active', 'past-due') and next_on <= :on
order by next_on, id limit :limit for update skip locked

-- name: coming(after: date, until: date, limit: int) -> Row[]
-- Lock subscriptions whose next delivery comes within a time and of which nothing was told yet for that day.
select id, customer, plan, channel, state, currency, agreed_minor, told_minor, told_from, anchor_on, cycle, next_on, tries,
    terms::text, paying::text, started_at
from commerce.subscription where state in ('active', 'past-due') and next_on > :after and next_on <= :until
    and looked_on is distinct from :after
order by next_on, id limit :limit for update skip locked

-- name: looked(ids: uuid[], on: date)
-- Say that the coming price of subscriptions was looked at on a day.
update commerce.subscription set looked_on = :on where id = any(:ids)

-- name: find(customer: uuid, state: text, due: date, before: uuid, limit: int) -> Summary[]
-- Subscriptions, newest first; what is null is not looked at.
select id, customer, plan, channel, state, tries, currency, agreed_minor, next_on, started_at from commerce.subscription
where (:customer is null or customer = :customer) and (:state is null or state = :state) and (:before is null or id < :before)
    and (:due is null or (state in ('active', 'past-due') and next_on <= :due))
order by id desc limit :limit

-- name: move(id: uuid, state: text, cycle: int, next_on: date, tries: int)
-- Move a subscription on.
update commerce.subscription set state = :state, cycle = :cycle, next_on = :next_on, tries = :tries where id = :id

-- name: bring(id: uuid, terms: text, paying: text, currency: text, agreed: bigint)
-- Change what a subscription brings, where to, and how it is paid; what was told of its price before counts no more.
update commerce.subscription set terms = :terms::json, paying = :paying::json, currency = :currency, agreed_minor = :agreed,
    told_minor = null, told_from = null, looked_on = null
where id = :id

-- name: tell(id: uuid, minor: bigint, from_on: date)
-- Write down what the customer is told that deliveries will cost.
update commerce.subscription set told_minor = :minor, told_from = :from_on where id = :id

-- name: agree(id: uuid, minor: bigint)
-- What was told counts as agreed once it is charged.
update commerce.subscription set agreed_minor = greatest(agreed_minor, :minor), told_minor = null, told_from = null
where id = :id and told_minor is not null

-- name: enter_cycle(subscription: uuid, cycle: int, due_on: date, state: text, order: uuid, why: text, at: timestamptz)
-- Write down what became of a delivery.
insert into commerce.subscription_cycle (subscription, cycle, attempt, due_on, state, order_id, why, at)
select :subscription, :cycle, count(*) + 1, :due_on, :state, :order, :why, :at
from commerce.subscription_cycle where subscription = :subscription and cycle = :cycle

-- name: of_order(order: uuid) -> Known?
-- The delivery that an order was placed for.
select subscription, cycle, attempt, state from commerce.subscription_cycle where order_id = :order

-- name: set_cycle(subscription: uuid, cycle: int, attempt: int, state: text, why: text)
-- Say what became of a delivery.
update commerce.subscription_cycle set state = :state, why = :why
where subscription = :subscription and cycle = :cycle and attempt = :attempt

-- name: cycles(subscription: uuid) -> Cycle[]
-- The deliveries of a subscription, newest first.
select cycle, attempt, due_on, state, order_id, why, at from commerce.subscription_cycle
where subscription = :subscription order by cycle desc, attempt desc limit 100

-- name: write(subscription: uuid, proof: uuid, at: timestamptz, what: text, note: text, kind: text, actor: uuid)
-- Write down what happened to a subscription.
insert into commerce.subscription_entry (subscription, proof, at, what, note, actor_kind, actor)
values (:subscription, :proof, :at, :what, :note, :kind, :actor)

-- name: history(subscription: uuid) -> Entry[]
-- What happened to a subscription, in order.
select at, what, note, proof from commerce.subscription_entry where subscription = :subscription order by at, proof

-- name: proof(subscription: uuid, what: text) -> Entry?
-- The entry that says something happened.
select at, what, note, proof from commerce.subscription_entry where subscription = :subscription and what = :what
order by at limit 1
