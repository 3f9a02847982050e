-- name: bearers(tokens: bytea[], at: timestamptz) -> Bearer[]
-- Whom these tokens let in at this moment; what is not among them lets nobody in.
select s.token, s.id, a.id, a.kind, a.roles, a.location, a.name, s.expires_at
from security.session s join security.actor a on a.id = s.actor
where s.token = any(:tokens) and s.expires_at > :at and a.active

-- name: sweep_sessions(at: timestamptz)
-- Forget sessions that have ended by themselves.
delete from security.session where expires_at <= :at

-- name: sweep_throttles(at: timestamptz)
-- Forget tries to log in that count no more.
delete from security.throttle where until <= :at

-- name: sweep_enrolments(at: timestamptz)
-- Forget codes that nobody used in time.
delete from security.enrolment where expires_at <= :at

-- name: account(email: text) -> Account?
-- The account that logs in with this e-mail.
select id, kind, password from security.actor where email = :email and active

-- name: account_by_id(actor: uuid) -> Account?
-- The account of somebody who has a password.
select id, kind, password from security.actor where id = :actor and active and password is not null

-- name: add_actor(id: uuid, kind: text, name: text, email: text, password: text, roles: text[], location: text, at: timestamptz)
-- Take somebody in; an e-mail that is taken is refused by its constraint.
insert into security.actor (id, kind, name, email, password, roles, location, created_at)
values (:id, :kind, :name, :email, :password, :roles, :location, :at)

-- name: add_customers(ids: uuid[], names: text[], emails: text[], password: text, at: timestamptz) -> value[]
-- Take customers in whose id and e-mail are new; gives who they are.
insert into security.actor (id, kind, name, email, password, created_at)
select i, 'customer', n, e, :password, :at from unnest(:ids, :names, :emails) as c (i, n, e)
on conflict do nothing returning id

-- name: add_first_admin(id: uuid, email: text, password: text, at: timestamptz) -> value?
-- Take in the one who administers, where nobody does.
insert into security.actor (id, kind, name, email, password, roles, created_at)
select :id, 'staff', 'Administrator', :email, :password, '{admin}', :at
where not exists (select from security.actor where kind = 'staff' and active and 'admin' = any(roles))
on conflict (email) do nothing returning id

-- name: begin_session(id: uuid, token: bytea, actor: uuid, agent: text, at: timestamptz, until: timestamptz, password: text) -> value?
-- Let somebody in, unless they were shut out or given another password since the caller looked.
insert into security.session (id, token, actor, agent, created_at, expires_at)
select :id, :token, id, :agent, :at, :until from security.actor
where id = :actor and active and password is not distinct from :password
for share returning id

-- name: set_password(actor: uuid, before: text, password: text) -> value?
-- Change a password, unless somebody else just did; before is null where an administrator sets it.
update security.actor set password = :password
where id = :actor and active and password is not null and password = coalesce(:before, password) returning id

-- name: end_session(session: uuid, actor: uuid) -> value?
-- End one session; with actor, only if it is theirs.
delete from security.session where id = :session and actor = coalesce(:actor, actor) returning id

-- name: end_sessions(actor: uuid, but: uuid)
-- End every session of somebody, but one.
delete from security.session where actor = :actor and id is distinct from :but

-- name: sessions(actor: uuid, here: uuid, at: timestamptz) -> Session[]
-- Where somebody is logged in.
select id, agent, created_at, expires_at, id is not distinct from :here
from security.session where actor = :actor and expires_at > :at order by created_at desc, id

-- name: try_login(keys: bytea[], at: timestamptz, until: timestamptz) -> Tries[]
-- Count a try before the password is looked at, so that tries at the same moment all count.
insert into security.throttle as t (key, tries, until)
select key, 1, :until from unnest(:keys) as k (key) order by key
on conflict (key) do update set
    tries = case when t.until <= :at then 1 else t.tries + 1 end,
    until = case when t.until <= :at then excluded.until else t.until end
returning key, tries, until

-- name: forgive_account(key: bytea)
-- Somebody knew the password: their tries are forgotten.
delete from security.throttle where key = :key

-- name: forgive_address(key: bytea)
-- A login that went well counts not against its address.
update security.throttle set tries = greatest(tries - 1, 0) where key = :key

-- name: staff(after: uuid, most: int) -> Staff[]
-- The members of staff, page by page.
select id, name, email, roles, location, active from security.actor
where kind = 'staff' and (:after is null or id > :after) order by id limit :most

-- name: lock_admins() -> value[]
-- Who may administer the shop, so that two administrators cannot take it from each other at once.
select id from security.actor where kind = 'staff' and active and 'admin' = any(roles) order by id for update

-- name: assign(actor: uuid, name: text, roles: text[], location: text, active: boolean) -> Staff
-- Change what a member of staff is there for.
update security.actor set name = :name, roles = :roles, location = :location, active = :active
where id = :actor and kind = 'staff' returning id, name, email, roles, location, active

-- name: workloads(at: timestamptz) -> Workload[]
-- The programs that come in by themselves.
select a.id, a.name, a.roles, a.active, max(s.expires_at) filter (where s.expires_at > :at)
from security.actor a left join security.session s on s.actor = a.id
where a.kind = 'workload' group by a.id order by a.name, a.id

-- name: tills(location: text) -> Till[]
-- The tills, of one store or all.
select a.id, a.name, a.location, a.active, exists (select from security.session s where s.actor = a.id)
from security.actor a where a.kind = 'till' and a.location = coalesce(:location, a.location)
order by a.location, a.name, a.id

-- name: dismiss(actor: uuid, kind: text, location: text) -> value?
-- Shut a device or program out for good.
update security.actor set active = false
where id = :actor and kind = :kind and location is not distinct from coalesce(:location, location) returning id

-- name: add_code(code: bytea, till: uuid, until: timestamptz)
-- Keep the hash of a code that makes a device this till.
insert into security.enrolment (code, till, expires_at) values (:code, :till, :until)

-- name: take_code(code: bytea, at: timestamptz) -> value?
-- Use a code up; gives its till.
delete from security.enrolment where code = :code and expires_at > :at returning till

-- name: drop_codes(till: uuid)
-- Take back the codes of a till.
delete from security.enrolment where till = :till

-- name: audit(before_xid: text, before_seq: bigint, actor: uuid, operation: text, target: text, since: timestamptz, until: timestamptz, most: int) -> AuditLine[]
-- The audit backwards, from a position; null filters nothing.
select xid::text || '-' || seq, at, kind, actor, operation, target, encode(digest, 'hex') from security.audit
where (:before_xid is null or (xid, seq) < (:before_xid::xid8, :before_seq))
    and (:actor is null or actor = :actor) and (:operation is null or operation = :operation)
    and (:target is null or target = :target) and (:since is null or at >= :since) and (:until is null or at < :until)
order by security.audit.xid desc, seq desc limit :most

-- name: may_seal() -> value
-- One process seals at a time; the others leave it to that one.
select pg_try_advisory_xact_lock(7165100)

-- name: horizon() -> value
-- The transaction number under which the audit is settled.
select pg_snapshot_xmin(pg_current_snapshot())::text

-- name: last_seal() -> Seal?
-- The newest seal.
select number, last_xid::text, last_seq, lines, content, prints, root, signature, at
from security.seal order by number desc limit 1

-- name: seals(after: bigint, most: int) -> Seal[]
-- The seals in order, page by page.
select number, last_xid::text, last_seq, lines, content, prints, root, signature, at
from security.seal where number > :after order by number limit :most

-- name: add_seal(number: bigint, last_xid: text, last_seq: bigint, lines: bigint, content: bytea, prints: bytea, root: bytea, signature: bytea, at: timestamptz)
-- Keep a seal.
insert into security.seal (number, last_xid, last_seq, lines, content, prints, root, signature, at)
values (:number, :last_xid::xid8, :last_seq, :lines, :content, :prints, :root, :signature, :at)

-- name: span(after_xid: text, after_seq: bigint, last_xid: text, last_seq: bigint, most: bigint) -> Span
-- Hash a stretch of the audit, after one position up to another. A row as text is quoted, so no two stretches look alike.
with line as (
    select xid, seq,
        convert_to(row(xid, seq)::text || told, 'UTF8') as whole, substr(sha256(convert_to(told, 'UTF8')), 1, 8) as print
    from (
        select xid, seq, row(
            (extract(epoch from at) * 1000000)::bigint, kind, actor, operation, target, encode(digest, 'hex')
        )::text as told
        from security.audit
        where (xid, seq) > (:after_xid::xid8, :after_seq) and (xid, seq) <= (:last_xid::xid8, :last_seq)
        order by security.audit.xid, seq limit :most
    ) as chosen
)
select count(*), max(xid)::text, (select seq from line order by xid desc, seq desc limit 1),
    sha256(string_agg(whole, '' order by xid, seq)), string_agg(print, '' order by xid, seq)
from line

-- name: prints(after_xid: text, after_seq: bigint, last_xid: text, last_seq: bigint) -> Print[]
-- The lines of a stretch one by one, to find which is not as it was.
select xid::text || '-' || seq, substr(sha256(convert_to(row(
    (extract(epoch from at) * 1000000)::bigint, kind, actor, operation, target, encode(digest, 'hex')
)::text, 'UTF8')), 1, 8)
from security.audit
where (xid, seq) > (:after_xid::xid8, :after_seq) and (xid, seq) <= (:last_xid::xid8, :last_seq)
order by security.audit.xid, seq

-- name: count_lines(after_xid: text, after_seq: bigint) -> value
-- How many lines lie after a position.
select count(*) from security.audit where (xid, seq) > (:after_xid::xid8, :after_seq)
