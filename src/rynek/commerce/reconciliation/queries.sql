-- name: source(source: text)
-- Make a source known, and have it to oneself until the end of the transaction.
insert into commerce.reconciliation_source (source) values (:source)
on conflict (source) do update set source = excluded.source

-- name: write_document(id: uuid, source: text, form: text, number: text, lines: int, by_kind: text, by_id: uuid, at: timestamptz)
-- Write a document down.
insert into commerce.reconciliation_document (id, source, form, number, lines, fresh, by_kind, by_id, at)
values (:id, :source, :form, :number, :lines, 0, :by_kind, :by_id, :at)

-- name: count_fresh(id: uuid, fresh: int)
-- Count lines that were new in a document.
update commerce.reconciliation_document set fresh = fresh + :fresh where id = :id

-- name: write_line(id: uuid, source: text, identity: text, document: uuid, kind: text, minor: bigint, currency: text, fee: bigint, original: bigint, original_currency: text, booked_on: date, reference: text, text: text, party: text, at: timestamptz) -> value?
-- Write a line down, unless it came before.
insert into commerce.reconciliation_line (id, source, identity, document, kind, minor, currency, fee_minor, original_minor,
    original_currency, booked_on, reference, text, party, state, why, at)
values (:id, :source, :identity, :document, :kind, :minor, :currency, :fee, :original, :original_currency, :booked_on,
    :reference, :text, :party, 'open', 'new', :at)
on conflict on constraint reconciliation_line_once do nothing returning id

-- name: judge(id: uuid, payment: uuid, state: text, why: text)
-- Say what is made of a line.
update commerce.reconciliation_line set payment = coalesce(:payment, payment), state = :state, why = :why where id = :id

-- name: book(line: uuid, payment: uuid, minor: bigint, at: timestamptz)
-- Write down how much of a line a payment took.
insert into commerce.reconciliation_booking (line, payment, minor, at) values (:line, :payment, :minor, :at)

-- name: step(line: uuid, what: text, note: text, by_kind: text, by_id: uuid, at: timestamptz)
-- Write down what was done about a line.
insert into commerce.reconciliation_step (line, what, note, by_kind, by_id, at)
values (:line, :what, :note, :by_kind, :by_id, :at)

-- name: settled(payments: uuid[], kind: text) -> Sum[]
-- What a provider's lines of a kind say of payments, counted as our ledger counts.
select payment, sum(case when minor >= 0 then 1 else -1 end
    * case when kind = 'payment' then 1 else -1 end * abs(coalesce(original_minor, minor)))::bigint
from commerce.reconciliation_line
where payment = any(:payments) and kind = :kind and state in ('matched', 'resolved') group by payment order by payment

-- name: fill(payment: uuid) -> value[]
-- Settle lines that brought too little for a payment that has all its money now.
update commerce.reconciliation_line l set state = 'matched', why = ''
from commerce.reconciliation_booking b
where b.line = l.id and b.payment = :payment and l.state = 'open' and l.why = 'under' returning l.id

-- name: payouts(currency: text, minor: bigint) -> Line[]
-- Payouts of so much that have not come to the bank.
select id, source, document, kind, minor, currency, fee_minor, original_minor, original_currency, booked_on, reference,
    text, party, payment, state, why
from commerce.reconciliation_line
where kind = 'payout' and state = 'open' and why = 'payout' and currency = :currency and minor = :minor
order by booked_on, id limit 20 for update

-- name: lock_line(id: uuid) -> Line?
-- Lock a line.
select id, source, document, kind, minor, currency, fee_minor, original_minor, original_currency, booked_on, reference,
    text, party, payment, state, why
from commerce.reconciliation_line where id = :id for update

-- name: line(id: uuid) -> Line?
-- A line.
select id, source, document, kind, minor, currency, fee_minor, original_minor, original_currency, booked_on, reference,
    text, party, payment, state, why
from commerce.reconciliation_line where id = :id

-- name: lines(state: text, source: text, document: uuid, before_on: date, before: uuid, limit: int) -> Line[]
-- Lines, newest first.
select id, source, document, kind, minor, currency, fee_minor, original_minor, original_currency, booked_on, reference,
    text, party, payment, state, why
from commerce.reconciliation_line
where (:state is null or state = :state) and (:source is null or source = :source)
    and (:document is null or document = :document)
    and (:before is null or (booked_on, id) < (:before_on, :before))
order by booked_on desc, id desc limit :limit

-- name: bookings(line: uuid) -> Booking[]
-- How much of a line went where.
select payment, minor, at from commerce.reconciliation_booking where line = :line order by at, payment

-- name: booked(line: uuid) -> value
-- How much of a line went anywhere.
select coalesce(sum(minor), 0)::bigint from commerce.reconciliation_booking where line = :line

-- name: steps(line: uuid) -> Step[]
-- What was done about a line, in order.
select at, what, note, by_kind, by_id from commerce.reconciliation_step where line = :line order by at

-- name: documents(limit: int) -> Document[]
-- Documents, newest first.
select id, source, form, number, lines, fresh, at from commerce.reconciliation_document order by at desc, id limit :limit

-- name: standing() -> Standing[]
-- How many lines stand how.
select source, currency, state, count(*)::bigint, sum(minor)::bigint, sum(fee_minor)::bigint
from commerce.reconciliation_line group by source, currency, state order by source, currency, state
