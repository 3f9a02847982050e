-- name: begin(id: uuid, direction: text, sheet: text, name: text, state: text, phase: text, actor: text, actor_id: uuid, reading: text, mapping: text, columns: text[], filters: text, at: timestamptz)
-- Begin an import or export.
insert into integration.exchange
    (id, direction, sheet, name, state, phase, actor, actor_id, created_at, reading, mapping, columns, filters)
values (:id, :direction, :sheet, :name, :state, :phase, :actor, :actor_id, :at, :reading, :mapping, :columns, :filters);

-- name: exchange(id: uuid) -> Row?
-- One import or export.
select id, direction, sheet, name, state, phase, actor, created_at, reading, guessed, header, mapping, columns, filters,
    file, size, total, stopping, began_at, ended_at, error, done, new, changed, unchanged, refused
from integration.exchange_seen where id = :id;

-- name: exchanges(sheets: text[], mine: text[], actor: uuid, direction: text, before: timestamptz, size: int) -> Row[]
-- The newest first: of these sheets, and one's own of others.
select id, direction, sheet, name, state, phase, actor, created_at, reading, guessed, header, mapping, columns, filters,
    file, size, total, stopping, began_at, ended_at, error, done, new, changed, unchanged, refused
from integration.exchange_seen
where (direction || ' ' || sheet = any(:sheets) or (direction || ' ' || sheet = any(:mine) and actor_id = :actor))
    and (:direction is null or direction = :direction) and (:before is null or created_at < :before)
order by created_at desc, id limit :size;

-- name: uploaded(id: uuid, file: text, size: bigint, total: bigint, reading: text, guessed: text[], header: text[], mapping: text) -> value?
-- A file has come: nothing where it has one that was begun to be imported.
update integration.exchange set state = 'ready', file = :file, size = :size, total = :total, reading = :reading,
    guessed = :guessed, header = :header, mapping = :mapping, phase = 'rehearsal', began_at = null, ended_at = null
where id = :id and state in ('open', 'ready') returning id;

-- name: settled(id: uuid, reading: text, guessed: text[], header: text[], mapping: text) -> value?
-- It is read otherwise now: nothing where it was begun to be imported.
update integration.exchange set reading = :reading, guessed = :guessed, header = :header, mapping = :mapping
where id = :id and state = 'ready' returning id;

-- name: start(id: uuid, phase: text, from_states: text[], from_phases: text[]) -> value?
-- Let it be worked on; nothing where it is not in one of these states.
update integration.exchange set state = 'waiting', phase = :phase, stopping = false, began_at = null, ended_at = null,
    error = null, until = null, worker = null
where id = :id and state = any(:from_states) and phase = any(:from_phases) returning id;

-- name: forget_phase(id: uuid, phase: text)
-- Forget what a rehearsal found before it is done anew.
with chunks as (
    delete from integration.exchange_chunk where exchange = :id and phase = :phase
)
delete from integration.exchange_refusal where exchange = :id and phase = :phase;

-- name: stop(id: uuid) -> value?
-- Let it stop where it is; what waits stops at once.
update integration.exchange set stopping = true,
    state = case when state = 'waiting' then 'cancelled' else state end,
    ended_at = case when state = 'waiting' then now() else ended_at end
where id = :id and state in ('waiting', 'running') returning id;

-- name: claim(worker: uuid, now: timestamptz, until: timestamptz) -> value?
-- Take what waits longest, or what a process has let go of, into one's hands.
update integration.exchange set state = 'running', worker = :worker, until = :until, began_at = coalesce(began_at, :now)
where id = (
    select id from integration.exchange
    where state in ('waiting', 'running') and (until is null or until < :now)
    order by created_at limit 1 for update skip locked
) returning id;

-- name: come(id: uuid, phase: text) -> Come
-- How far a phase has come: chunks done.
select count(*)::int as chunks, coalesce(max(number) + 1, 0)::int as following, coalesce(sum(rows), 0)::bigint as rows
from integration.exchange_chunk where exchange = :id and phase = :phase;

-- name: hold(id: uuid, worker: uuid, until: timestamptz) -> value?
-- Keep it in hand; gives whether it should stop, nothing where another process has it.
update integration.exchange set until = :until where id = :id and worker = :worker and state = 'running'
returning stopping;

-- name: note(id: uuid, phase: text, number: int, line: bigint, rows: int, new: int, changed: int, unchanged: int, refused: int, body: bytea)
-- Write down what became of a chunk.
insert into integration.exchange_chunk (exchange, phase, number, line, rows, new, changed, unchanged, refused, body)
values (:id, :phase, :number, :line, :rows, :new, :changed, :unchanged, :refused, :body);

-- name: refuse(id: uuid, phase: text, lines: bigint[], columns: text[], texts: text[], reasons: text[], cells: text[])
-- Write down what was refused; cells are JSON, as lists of lists have to be of one length.
insert into integration.exchange_refusal (exchange, phase, line, "column", value, reason, cells)
select :id, :phase, l, c, v, r, array(select json_array_elements_text(w::json))
from unnest(:lines, :columns, :texts, :reasons, :cells) as n (l, c, v, r, w);

-- name: finish(id: uuid, worker: uuid, state: text, phase: text, error: text, file: text, size: bigint, total: bigint, at: timestamptz) -> value?
-- It has come to its end; nothing where another process has it.
update integration.exchange set state = :state, phase = :phase, error = :error, ended_at = :at, worker = null,
    until = null, stopping = false, file = coalesce(:file, file), size = greatest(size, :size),
    total = greatest(total, :total)
where id = :id and worker = :worker and state = 'running' returning id;

-- name: chunks(id: uuid, phase: text, after: int, size: int) -> Chunk[]
-- Chunks with something in them that is different, in order.
select number, body from integration.exchange_chunk
where exchange = :id and phase = :phase and number > :after and new + changed > 0 order by number limit :size;

-- name: chunks_back(id: uuid, before: int) -> Chunk?
-- The chunk of an import that was done last before this one.
select number, body from integration.exchange_chunk
where exchange = :id and phase = 'import' and number < :before and new + changed > 0 order by number desc limit 1;

-- name: refusals(id: uuid, phase: text, after: bigint, size: int) -> Refused[]
-- What was refused, in the order of the file.
select id, line, "column", value, reason, cells from integration.exchange_refusal
where exchange = :id and phase = :phase and id > :after order by id limit :size;

-- name: put_mapping(sheet: text, name: text, mapping: text, reading: text)
-- Keep a mapping under a name.
insert into integration.exchange_mapping (sheet, name, mapping, reading) values (:sheet, :name, :mapping, :reading)
on conflict (sheet, name) do update set mapping = excluded.mapping, reading = excluded.reading;

-- name: mappings(sheet: text) -> Kept[]
-- The mappings of a sheet by name.
select sheet, name, mapping, reading from integration.exchange_mapping
where :sheet is null or sheet = :sheet order by sheet, name;

-- name: mapping(sheet: text, name: text) -> Kept?
-- A mapping by its name.
select sheet, name, mapping, reading from integration.exchange_mapping where sheet = :sheet and name = :name;

-- name: drop_mapping(sheet: text, name: text) -> value?
-- Forget a mapping.
delete from integration.exchange_mapping where sheet = :sheet and name = :name returning name;

-- name: past(before: timestamptz) -> Past[]
-- Imports and exports that are past keeping, with their files.
select id, file from integration.exchange
where created_at < :before and state not in ('waiting', 'running') order by created_at limit 100;

-- name: forget(ids: uuid[])
-- Forget imports and exports.
delete from integration.exchange where id = any(:ids);
