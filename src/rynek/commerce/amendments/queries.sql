-- name: amendment(order: uuid, reference: text) -> Row?
-- A change that was made: what was asked, and what was answered.
select asked::text, answered::text from commerce.amendment where order_id = :order and reference = :reference

-- name: amendments(order: uuid) -> Made[]
-- The changes that were made to an order, in order.
select reference, at, actor_kind, difference_minor, total_minor from commerce.amendment where order_id = :order
order by at, reference

-- name: write(order: uuid, reference: text, asked: text, answered: text, difference: bigint, total: bigint, at: timestamptz, kind: text, actor: uuid)
-- Write a change down.
insert into commerce.amendment (order_id, reference, asked, answered, difference_minor, total_minor, at, actor_kind, actor)
values (:order, :reference, :asked::json, :answered::json, :difference, :total, :at, :kind, :actor)

-- name: window(channel: text) -> Window?
-- For how long a channel's buyers may change their orders.
select minutes from commerce.amendment_window where channel = :channel

-- name: put_window(channel: text, minutes: int)
-- Say for how long a channel's buyers may change their orders.
insert into commerce.amendment_window (channel, minutes) values (:channel, :minutes)
on conflict (channel) do update set minutes = excluded.minutes
