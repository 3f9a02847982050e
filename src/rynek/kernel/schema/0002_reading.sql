-- Reading on in the log is always a walk along its index. Left to guess on a table it has no figures of yet, the planner
-- sorts all that is unread for each batch, and a reaction that lies behind falls further behind.
create function kernel.read_on(
    after_xid xid8, after_seq bigint, below xid8, wanted text[], at_most int,
    out "position" text, out type text, out key text, out at timestamptz, out data json
) returns setof record language sql stable
set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off
begin atomic
    select e.xid::text || '-' || e.seq, e.type, e.key, e.at, e.data
    from kernel.event e
    where (e.xid, e.seq) > (after_xid, after_seq) and e.xid < below and e.type = any(wanted)
    order by e.xid, e.seq
    limit at_most;
end;
