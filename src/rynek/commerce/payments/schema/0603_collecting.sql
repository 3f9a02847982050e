-- Who may be meant by a bare amount on a bank's statement, and what a provider took.

create index payment_awaited on commerce.payment (currency, (authorised_minor - captured_minor - voided_minor))
    where provider = 'manual' and not unwinding and authorised_minor > captured_minor + voided_minor;
create index payment_taken on commerce.payment (provider, id) where captured_minor > 0 and provider <> 'manual';
