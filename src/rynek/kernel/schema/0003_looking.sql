-- What became visible since a snapshot: for caches, which want all news soon and in no order. Readers that must keep the
-- order wait for every transaction that still runs (read_on); a cache that waited so would be stale behind a long one.
create function kernel.since(
    seen pg_snapshot, wanted text[],
    out "position" text, out type text, out key text, out at timestamptz, out data json
) returns setof record language sql stable
set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off
begin atomic
    select e.xid::text || '-' || e.seq, e.type, e.key, e.at, e.data
    from kernel.event e
    where e.xid >= pg_snapshot_xmin(seen) and not pg_visible_in_snapshot(e.xid, seen) and e.type = any(wanted);
end;
