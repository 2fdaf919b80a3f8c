with orders as (

    select * from {{ ref('stg_orders') }}

),

customers as (

    select * from {{ ref('stg_customers') }}

),

with_person as (

    select
        orders.*,
        customers.customer_unique_id
    from orders
    left join customers on orders.customer_id = customers.customer_id

)

select
    order_id,
    customer_unique_id,
    status,
    purchased_at,
    approved_at,
    shipped_at,
    delivered_at,
    promised_on
from with_person
