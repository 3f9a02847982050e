-- name: make(id: uuid, owner_kind: text, owner: uuid, url: text, note: text, types: text[], filter: text, scopes: text[], at: timestamptz)
-- A new endpoint; what commits from now on is news to it.
insert into integration.endpoint (id, owner_kind, owner, url, note, types, filter, scopes, created_at)
values (:id, :owner_kind, :owner, :url, :note, :types, :filter, :scopes, :at);

-- name: add_secret(endpoint: uuid, sealed: bytea, at: timestamptz, old_until: timestamptz)
-- A new secret of an endpoint; the ones before sign until then, and no more than two are kept.
with outdated as (
    delete from integration.endpoint_secret as s where s.endpoint = :endpoint and (s.until_at <= :at or s.number < (
        select max(n.number) from integration.endpoint_secret as n where n.endpoint = :endpoint))
), ending as (
    update integration.endpoint_secret as s set until_at = :old_until
    where s.endpoint = :endpoint and s.number = (
        select max(n.number) from integration.endpoint_secret as n where n.endpoint = :endpoint)
)
insert into integration.endpoint_secret (endpoint, number, sealed, created_at)
select :endpoint, coalesce(max(number), 0) + 1, :sealed, :at
from integration.endpoint_secret where endpoint = :endpoint;

-- name: endpoints(owner: uuid, only: uuid, at: timestamptz) -> Endpoint[]
-- The endpoints of one owner, or all; one of them, or all.
select e.id, e.url, e.note, e.types, e.filter, e.personal, e.active, e.stopped_at, e.stopped_why,
    e.failures, e.failing_since, e.failed_why, e.delivered_at,
    (select count(*) from (select from integration.delivery as d
        where d.endpoint = e.id and d.state = 'waiting' limit 1000) as w)::int,
    (select count(*) from (select from integration.delivery as d
        where d.endpoint = e.id and d.state = 'parked' limit 1000) as p)::int,
    (select count(*) from integration.endpoint_secret as s
        where s.endpoint = e.id and (s.until_at is null or s.until_at > :at))::int,
    e.created_at
from integration.endpoint as e
where (:owner is null or e.owner = :owner) and (:only is null or e.id = :only)
order by e.created_at, e.id;

-- name: lock(id: uuid, owner: uuid) -> value?
-- Lock an endpoint, of one owner or anybody's; gives whether it is active.
select active from integration.endpoint where id = :id and (:owner is null or owner = :owner) for no key update;

-- name: change(id: uuid, url: text, note: text, types: text[], filter: text, scopes: text[])
-- Send other events, or elsewhere.
update integration.endpoint set url = :url, note = :note, types = :types, filter = :filter, scopes = :scopes
where id = :id;

-- name: set_personal(id: uuid, personal: bool)
-- Say whether an endpoint gets the fields that say who somebody is.
update integration.endpoint set personal = :personal where id = :id;

-- name: start(id: uuid)
-- Send to an endpoint again: what commits from now on is news to it.
update integration.endpoint set active = true, stopped_at = null, stopped_why = '', failures = 0, failing_since = null,
    failed_why = '', since = pg_snapshot_xmin(pg_current_snapshot())
where id = :id;

-- name: stop(ids: uuid[], why: text, at: timestamptz) -> value[]
-- Send nothing more to endpoints; gives those that were active.
update integration.endpoint set active = false, stopped_at = :at, stopped_why = :why
where id = any(:ids) and active returning id;

-- name: remove(id: uuid, owner: uuid) -> value?
-- Take an endpoint away with all that is known of it.
delete from integration.endpoint where id = :id and (:owner is null or owner = :owner) returning id;

-- name: listening() -> Listener[]
-- The endpoints that are sent to.
select id, types, scopes, filter, personal, since::text::bigint from integration.endpoint where active order by id;

-- name: listener(id: uuid) -> Listener
-- What one endpoint gets.
select id, types, scopes, filter, personal, since::text::bigint from integration.endpoint where id = :id;

-- name: queue(ids: uuid[], endpoints: uuid[], events: text[], types: text[], happened: timestamptz[], at: timestamptz)
-- Put events in their endpoints' queues; an event that is there already is not put there again.
insert into integration.delivery (id, endpoint, event, type, happened_at, due_at, queued_at)
select n.id, n.endpoint, n.event, n.type, n.happened, :at, :at
from unnest(:ids, :endpoints, :events, :types, :happened) as n (id, endpoint, event, type, happened)
join integration.endpoint as e on e.id = n.endpoint
on conflict on constraint delivery_once do nothing;

-- name: queue_again(ids: uuid[], endpoint: uuid, events: text[], types: text[], happened: timestamptz[], at: timestamptz)
-- Put events in an endpoint's queue, also those that were there before; what waits goes on waiting.
insert into integration.delivery as d (id, endpoint, event, type, happened_at, due_at, queued_at)
select n.id, :endpoint, n.event, n.type, n.happened, :at, :at
from unnest(:ids, :events, :types, :happened) as n (id, event, type, happened)
on conflict on constraint delivery_once do update
set state = 'waiting', attempts = 0, due_at = excluded.due_at, queued_at = excluded.queued_at, ended_at = null
where d.state <> 'waiting';

-- name: again(id: uuid, at: timestamptz)
-- Try a delivery anew, at once.
update integration.delivery set state = 'waiting', attempts = 0, due_at = :at, queued_at = :at, ended_at = null
where id = :id;

-- name: claim(busy: uuid[], rooms: int[], at_once: int, limit: int, at: timestamptz, until: timestamptz) -> Claimed[]
-- Take what is due, the first of each endpoint before the second of any; each endpoint has a queue and room of its own.
with ready as (
    select e.id, e.url, e.personal, coalesce(b.room, case when e.failures > 0 then 1 else :at_once end) as room
    from integration.endpoint as e left join unnest(:busy, :rooms) as b (id, room) on b.id = e.id
    where e.active
), taken as (
    select t.id from ready as r cross join lateral (
        select d.id, row_number() over (order by d.due_at) as place from (
            select w.id, w.due_at from integration.delivery as w
            where w.endpoint = r.id and w.state = 'waiting' and w.due_at <= :at
            order by w.due_at limit greatest(r.room, 0) for no key update skip locked
        ) as d
    ) as t
    order by t.place limit :limit
), claimed as (
    update integration.delivery as d set attempts = d.attempts + 1, due_at = :until
    from taken as t where d.id = t.id
    returning d.id, d.endpoint, d.event, d.type, d.attempts, d.happened_at
)
select c.id, c.endpoint, c.event, c.type, c.attempts::int, r.url, r.personal,
    array(select s.sealed from integration.endpoint_secret as s
        where s.endpoint = c.endpoint and (s.until_at is null or s.until_at > :at) order by s.number desc),
    l.key, c.happened_at, l.data::text
from claimed as c
join ready as r on r.id = c.endpoint
left join lateral (
    select e.key, e.data from kernel.event as e
    where e.xid = case when c.event ~ '^[0-9]' then split_part(c.event, '-', 1)::xid8 end
        and e.seq = case when c.event ~ '^[0-9]' then split_part(c.event, '-', 2)::bigint end
    limit 1
) as l on true;

-- name: note(ids: uuid[], deliveries: uuid[], numbers: int[], ats: timestamptz[], statuses: int[], durations: int[], answers: text[], errors: text[])
-- Write down how tries went; what was deleted meanwhile is not missed.
insert into integration.attempt (id, delivery, number, at, status, duration_ms, answer, error)
select n.* from unnest(:ids, :deliveries, :numbers::smallint[], :ats, :statuses::smallint[], :durations, :answers, :errors)
    as n (id, delivery, number, at, status, duration_ms, answer, error)
join integration.delivery as d on d.id = n.delivery
on conflict (id) do nothing;

-- name: settle(deliveries: uuid[], numbers: int[], states: text[], dues: timestamptz[], statuses: int[], errors: text[], at: timestamptz)
-- Write down what becomes of deliveries; a try that another one has overtaken counts only when it succeeded.
with done as (
    select d.id, s.state, s.due, s.status, s.error
    from unnest(:deliveries, :numbers, :states, :dues, :statuses, :errors) as s (id, number, state, due, status, error)
    join integration.delivery as d on d.id = s.id
    where d.state = 'waiting' and (s.state = 'delivered' or d.attempts = s.number)
    order by d.id for no key update of d
)
update integration.delivery as d set state = s.state, due_at = s.due, status = s.status, error = s.error,
    ended_at = case when s.state = 'waiting' then null else :at end
from done as s where d.id = s.id;

-- name: well(endpoints: uuid[], at: timestamptz)
-- Note that deliveries succeeded; every ten seconds at most where nothing had failed.
with seen as (
    select id from integration.endpoint
    where id = any(:endpoints) and (failures > 0 or delivered_at is null or delivered_at < :at - interval '10 seconds')
    order by id for no key update
)
update integration.endpoint as e set failures = 0, failing_since = null, delivered_at = :at
from seen where e.id = seen.id;

-- name: unwell(endpoints: uuid[], counts: int[], errors: text[], at: timestamptz, patience: interval) -> Sick[]
-- Note that tries failed; gives the active endpoints that have failed for too long.
with seen as (
    select e.id, n.count, n.error from unnest(:endpoints, :counts, :errors) as n (id, count, error)
    join integration.endpoint as e on e.id = n.id order by e.id for no key update of e
), noted as (
    update integration.endpoint as e set failures = e.failures + s.count, failed_why = s.error,
        failing_since = coalesce(e.failing_since, :at)
    from seen as s where e.id = s.id returning e.id, e.url, e.failing_since, e.active
)
select id, url, failing_since from noted where active and failing_since <= :at - :patience;

-- name: deliveries(owner: uuid, endpoint: uuid, state: text, type: text, event: text, before: uuid, limit: int) -> Delivery[]
-- Deliveries, the newest first.
select d.id, d.endpoint, d.event, d.type, d.happened_at, d.state, d.attempts::int, d.due_at, d.queued_at, d.ended_at,
    d.status::int, d.error
from integration.delivery as d join integration.endpoint as e on e.id = d.endpoint
where (:owner is null or e.owner = :owner) and (:endpoint is null or d.endpoint = :endpoint)
    and (:state is null or d.state = :state) and (:type is null or d.type = :type)
    and (:event is null or d.event = :event) and (:before is null or d.id < :before)
order by d.id desc limit :limit;

-- name: delivery(id: uuid, owner: uuid) -> Delivery?
-- One delivery.
select d.id, d.endpoint, d.event, d.type, d.happened_at, d.state, d.attempts::int, d.due_at, d.queued_at, d.ended_at,
    d.status::int, d.error
from integration.delivery as d join integration.endpoint as e on e.id = d.endpoint
where d.id = :id and (:owner is null or e.owner = :owner);

-- name: attempts(delivery: uuid) -> Attempt[]
-- How the tries of a delivery went, the newest first.
select id, number::int, at, status::int, duration_ms, answer, error
from integration.attempt where delivery = :delivery order by at desc, id desc limit 100;

-- name: begins(since: timestamptz, low: text, high: text) -> value?
-- Whether what lies in the middle of a stretch of the log happened before an instant; None: nothing lies there.
select e.at < :since from kernel.event as e
where e.xid >= :low::xid8 and e.xid < :high::xid8 order by e.xid, e.seq limit 1;

-- name: forget(before: timestamptz, limit: int)
-- Forget deliveries that ended long ago, some at a time.
delete from integration.delivery where id in (
    select id from integration.delivery where state <> 'waiting' and ended_at < :before limit :limit
    for update skip locked);
