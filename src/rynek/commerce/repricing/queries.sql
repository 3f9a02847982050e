-- name: put_switch(channel: text, on: boolean, reason: text, priority: int, every_minutes: int, list: text, currency: text, basis: text, country: text, at: timestamptz)
-- Say whether a channel's prices may move; waits for those who move them just now. The list's terms stay as they were.
insert into commerce.reprice_switch as s
    (channel, "on", reason, priority, every_minutes, list, currency, basis, country, at)
values (:channel, :on, :reason, :priority, :every_minutes, :list, :currency, :basis, :country, :at)
on conflict (channel) do update set "on" = excluded."on", reason = excluded.reason, priority = excluded.priority,
    every_minutes = excluded.every_minutes, at = excluded.at, begun_at = null;

-- name: places() -> Place[]
-- Every channel whose prices may move or might.
select channel, "on", reason, priority, every_minutes, list, currency, basis, country, at, begun_at
from commerce.reprice_switch order by channel;

-- name: place(channel: text) -> Place?
-- A channel whose prices may move, kept from being switched until the transaction ends.
select channel, "on", reason, priority, every_minutes, list, currency, basis, country, at, begun_at
from commerce.reprice_switch where channel = :channel for share;

-- name: stop(reason: text, at: timestamptz) -> value[]
-- Let no price move any more; gives the lists that are to count no longer.
update commerce.reprice_switch set "on" = false, reason = :reason, at = :at where "on" returning channel;

-- name: due(at: timestamptz) -> Place[]
-- The channels all of whose prices are to be looked at again, noted as begun.
update commerce.reprice_switch set begun_at = :at
where "on" and (begun_at is null or begun_at + make_interval(mins => every_minutes) <= :at)
    and exists (select from commerce.reprice_rule as r where r.channel = reprice_switch.channel)
returning channel, "on", reason, priority, every_minutes, list, currency, basis, country, at, begun_at;

-- name: edges(channel: text, size: int) -> value[]
-- Every so many-th item that is offered in a channel or has a dynamic price there: where its parts end.
select sku from (
    select sku, row_number() over (order by sku) as n from (
        select sku from commerce.offer where channel = :channel
        union select sku from commerce.reprice_state where channel = :channel and minor is not null
    ) as o
) as s where n % :size = 0 order by sku;

-- name: between(channel: text, after: text, upto: text) -> value[]
-- The items of a part: after one sku up to another ('' for the last).
select sku from (
    select sku from commerce.offer where channel = :channel
    union select sku from commerce.reprice_state where channel = :channel and minor is not null
) as o where sku > :after and (:upto = '' or sku <= :upto) order by sku;

-- name: put_rules(given: json, at: timestamptz, by: uuid) -> value[]
-- Write rules and note it; gives the codes of those that are new or different.
with put as (
    insert into commerce.reprice_rule as r (code, channel, rule)
    select e ->> 'code', e ->> 'channel', e from json_array_elements(:given) as e order by 1
    on conflict (code) do update set channel = excluded.channel, rule = excluded.rule
    where r.rule::jsonb <> excluded.rule::jsonb returning r.code, r.rule
), noted as (
    insert into commerce.reprice_rule_entry (at, by, code, rule) select :at, :by, code, rule from put
)
select code from put order by code;

-- name: drop_rule(code: text, at: timestamptz, by: uuid) -> value?
-- Forget a rule and note it; gives its channel.
with gone as (delete from commerce.reprice_rule where code = :code returning code, channel),
noted as (insert into commerce.reprice_rule_entry (at, by, code) select :at, :by, code from gone)
select channel from gone;

-- name: rules(channel: text) -> value[]
-- The rules of a channel ('' for all), as JSON.
select rule::text from commerce.reprice_rule where :channel = '' or channel = :channel order by code;

-- name: known_codes(what: text, codes: text[]) -> value[]
-- Those of the codes that exist of categories, brands, skus or lists.
select code from commerce.category where :what = 'categories' and code = any(:codes)
union all select code from commerce.brand where :what = 'brands' and code = any(:codes)
union all select sku from commerce.variant where :what = 'skus' and sku = any(:codes)
union all select code from commerce.price_list where :what = 'lists' and code = any(:codes);

-- name: begin_again(channel: text)
-- Have all prices of a channel looked at at the next opportunity.
update commerce.reprice_switch set begun_at = null where channel = :channel;

-- name: states(channel: text, skus: text[], since: timestamptz) -> State[]
-- What stands of these items, with the extremes of what they cost on the same list price since then.
select s.sku, s.minor, s.from_at, s.until_at, s.minimums, s.base_minor, s.moved_at, s.direction, s.rejected_at,
    w.low, w.high
from commerce.reprice_state as s
left join lateral (
    select min(least(m.before, m.after)) as low, max(greatest(m.before, m.after)) as high
    from commerce.reprice_move as m
    where m.channel = s.channel and m.sku = s.sku and m.at > :since and m.base = s.base_minor
) as w on s.moved_at > :since
where s.channel = :channel and s.sku = any(:skus);

-- name: open_states(channel: text, skus: text[])
-- Begin the states that are not there yet, in the order of their keys.
insert into commerce.reprice_state (channel, sku) select :channel, s from unnest(:skus) as s order by s
on conflict do nothing;

-- name: lock_states(channel: text, skus: text[]) -> Mark[]
-- Lock these states in the order of their keys; gives when each was moved last.
select sku, moved_at from commerce.reprice_state where channel = :channel and sku = any(:skus) order by sku for update;

-- name: set_states(given: json)
-- Write down what stands now.
update commerce.reprice_state as s
set minor = g.minor, from_at = g.from_at, until_at = g.until_at, minimums = g.minimums, base_minor = g.base_minor,
    moved_at = g.moved_at, direction = g.direction, rejected_at = null
from json_populate_recordset(null::commerce.reprice_state, :given) as g
where s.channel = g.channel and s.sku = g.sku;

-- name: note_moves(given: json)
-- Write the log of dynamic prices.
insert into commerce.reprice_move (at, channel, sku, rule, kind, before, after, base, why, facts, by)
select at, channel, sku, rule, kind, before, after, base, why, facts, by
from json_populate_recordset(null::commerce.reprice_move, :given) order by sku;

-- name: moves(channel: text, sku: text, rule: text, before: bigint, limit: int) -> value[]
-- The log as JSON, newest first; '' for every channel, item or rule.
select json_build_object('id', m.id, 'at', m.at, 'channel', m.channel, 'sku', m.sku, 'rule', m.rule, 'kind', m.kind,
    'before', m.before, 'after', m.after, 'base', m.base, 'currency', s.currency, 'why', m.why, 'facts', m.facts,
    'by', m.by)::text
from commerce.reprice_move as m join commerce.reprice_switch as s using (channel)
where (:channel = '' or m.channel = :channel) and (:sku = '' or m.sku = :sku) and (:rule = '' or m.rule = :rule)
    and m.id < :before
order by m.id desc limit :limit;

-- name: propose(given: json)
-- Put moves before a person; one that waits already for the same item takes the new price, where that differs.
insert into commerce.reprice_proposal as p (id, made_at, channel, sku, rule, before, after, base, why, facts)
select id, made_at, channel, sku, rule, before, after, base, why, facts
from json_populate_recordset(null::commerce.reprice_proposal, :given) order by channel, sku
on conflict (channel, sku) where state = 'open' do update
    set made_at = excluded.made_at, rule = excluded.rule, before = excluded.before, after = excluded.after,
        base = excluded.base, why = excluded.why, facts = excluded.facts
    where (p.rule, p.before, p.after, p.base) is distinct from (excluded.rule, excluded.before, excluded.after, excluded.base);

-- name: lapse(channel: text, skus: text[], at: timestamptz)
-- Take back what is proposed for these items: it is not what the facts say any more.
update commerce.reprice_proposal set state = 'lapsed', decided_at = :at
where channel = :channel and state = 'open' and sku = any(:skus);

-- name: proposals(channel: text, state: text, before: uuid, limit: int) -> value[]
-- Moves that were proposed, as JSON, newest first; '' for every channel.
select json_build_object('id', p.id, 'made_at', p.made_at, 'channel', p.channel, 'sku', p.sku,
    'name', concat_ws(', ', d.name, nullif(v.name, '')), 'rule', p.rule, 'before', p.before, 'after', p.after,
    'base', p.base, 'currency', s.currency, 'why', p.why, 'facts', p.facts, 'state', p.state,
    'decided_at', p.decided_at, 'by', p.by, 'note', p.note)::text
from commerce.reprice_proposal as p join commerce.reprice_switch as s using (channel)
join commerce.variant as v on v.sku = p.sku join commerce.product as d on d.id = v.product
where p.state = :state and (:channel = '' or p.channel = :channel) and p.id < :before
order by p.id desc limit :limit;

-- name: channels_of(ids: uuid[]) -> value[]
-- The channels of these proposals.
select distinct channel from commerce.reprice_proposal where id = any(:ids) order by channel;

-- name: claim(channel: text, ids: uuid[]) -> Claimed[]
-- Lock those of these proposals that are open, in the order of their items.
select id, sku, rule, after from commerce.reprice_proposal
where channel = :channel and state = 'open' and id = any(:ids) order by sku for update;

-- name: close(ids: uuid[], state: text, by: uuid, note: text, at: timestamptz)
-- Write down what a person decided.
update commerce.reprice_proposal set state = :state, by = :by, note = :note, decided_at = :at where id = any(:ids);

-- name: reject(channel: text, skus: text[], at: timestamptz)
-- Remember that a person rejected moves of these items.
update commerce.reprice_state set rejected_at = :at where channel = :channel and sku = any(:skus);

-- name: standing(channel: text, skus: text[]) -> State[]
-- What is left of dynamic prices of these items; no items: of all in the channel. Locked, in the order of their keys.
select s.sku, s.minor, s.from_at, s.until_at, s.minimums, s.base_minor, s.moved_at, s.direction, s.rejected_at,
    null::bigint, null::bigint
from commerce.reprice_state as s
where s.channel = :channel and s.minor is not null and (:skus = '{}' or s.sku = any(:skus)) order by s.sku for update;
