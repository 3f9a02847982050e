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
