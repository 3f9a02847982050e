-- name: open(ids: uuid[], orders: uuid[], providers: text[], methods: text[], currencies: text[], amounts: bigint[], authorised: bigint[], captured: bigint[], tokens: text[], at: timestamptz)
-- Write payments, and in the ledger what they bring with them.
with n as (
    select * from unnest(:ids, :orders, :providers, :methods, :currencies, :amounts, :authorised, :captured, :tokens)
        as n (id, order_id, provider, method, currency, amount, authorised, captured, token)
), e as (
    insert into commerce.payment_entry (payment, attempt, kind, minor, at)
    select id, 'opening', 'authorised', authorised, :at from n where authorised > 0
    union all
    select id, 'opening', 'captured', captured, :at from n where captured > 0
)
insert into commerce.payment
    (id, order_id, provider, method, currency, amount_minor, authorised_minor, captured_minor, token, at)
select id, order_id, provider, method, currency, amount, authorised, captured, token, :at from n
