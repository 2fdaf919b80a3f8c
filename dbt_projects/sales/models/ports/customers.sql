with customers as (

    select * from {{ ref('stg_customers') }}

),

orders as (

    select * from {{ ref('stg_orders') }}

),

-- A person moves: the address of the latest order is the one that counts. Customers whose order is not known come
-- last, and the customer_id settles ties, so that the same files always give the same address.
ranked as (

    select
        customers.*,
        orders.purchased_at,
        row_number() over (
            partition by customers.customer_unique_id
            order by orders.purchased_at desc nulls last, customers.customer_id
        ) as recency
    from customers
    left join orders on customers.customer_id = orders.customer_id

),

people as (

    select
        customer_unique_id,
        max(zip_code_prefix) filter (where recency = 1) as zip_code_prefix,
        max(city) filter (where recency = 1) as city,
        max(state) filter (where recency = 1) as state,
        count(*) as order_count,
        min(purchased_at) as first_ordered_at,
        max(purchased_at) as last_ordered_at
    from ranked
    group by customer_unique_id

)

select
    customer_unique_id,
    zip_code_prefix,
    city,
    state,
    order_count,
    first_ordered_at,
    last_ordered_at
from people
