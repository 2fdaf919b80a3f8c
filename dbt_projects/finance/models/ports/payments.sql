with payments as (

    select * from {{ ref('stg_payments') }}

)

select
    order_id,
    payment_sequential,
    payment_type,
    installments,
    amount,
    currency
from payments
