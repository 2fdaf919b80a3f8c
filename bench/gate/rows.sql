-- Rows that keep the contract. What looks random is a hash of the row's number, so that every run makes the same ones.
select
    i::bigint as payment_id,
    md5(i::varchar) as order_id,
    lpad((hash(i + 1) % 100000)::varchar, 5, '0') as zip_code_prefix,
    (hash(i + 2) % 3000)::integer as seller_number,
    ['boleto', 'credit_card', 'debit_card', 'voucher'][(hash(i + 3) % 4)::integer + 1] as payment_type,
    ((hash(i + 4) % 1000000) / 100)::decimal(12, 2) as amount,
    (hash(i + 5) % 24)::integer as installments,
    make_timestamptz(1500000000000000 + (hash(i + 6) % 86400000000000)::bigint) as paid_at
from range($rows) numbers(i)
