with orders as (

    select * from {{ ref('stg_orders') }}

),

-- The shop keeps one time for each step of an order; a step without a time has not happened, or nobody wrote it down.
steps as (

    select order_id, 'purchased' as event, purchased_at as happened_at, false as estimated from orders
    union all
    select order_id, 'approved', approved_at, false from orders
    union all
    select order_id, 'shipped', shipped_at, false from orders
    union all
    select order_id, 'delivered', delivered_at, false from orders

),

-- When an order was cancelled is not in the data: not before the last thing that is known of it.
cancellations as (

    select
        order_id,
        'cancelled' as event,
        greatest(purchased_at, approved_at, shipped_at, delivered_at) as happened_at,
        true as estimated
    from orders
    where status = 'canceled'

),

events as (

    select * from steps
    where happened_at is not null
    union all
    select * from cancellations

)

select
    order_id,
    event,
    happened_at,
    estimated,
    cast(happened_at as date) as day
from events
