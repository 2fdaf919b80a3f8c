with orders as (

    select * from {{ source('sales', 'orders') }}

),

order_items as (

    select * from {{ source('sales', 'order_items') }}

),

payments as (

    select * from {{ ref('payments') }}

),

charges as (

    select
        order_id,
        sum(price + freight) as charged
    from order_items
    group by order_id

),

receipts as (

    select
        order_id,
        sum(amount) as paid
    from payments
    group by order_id

),

-- Full joins: an order that only one side knows is what a reconciliation is there to find.
side_by_side as (

    select
        order_id,
        orders.order_id is not null as is_known,
        charges.charged,
        receipts.paid
    from orders
    full join charges using (order_id)
    full join receipts using (order_id)

),

judged as (

    select
        order_id,
        -- An order without items charges nothing; what an unknown order charges is unknown.
        case when is_known then coalesce(charged, 0) else charged end as charged,
        coalesce(paid, 0) as paid,
        case
            when not is_known then 'unknown_order'
            when charged is null then 'no_items'
            when paid is null then 'unpaid'
            when abs(paid - charged) <= 0.01 then 'matched'
            else 'differs'
        end as verdict
    from side_by_side

)

select
    order_id,
    cast(charged as decimal(12, 2)) as charged,
    cast(paid as decimal(12, 2)) as paid,
    cast(paid - charged as decimal(12, 2)) as difference,
    'BRL' as currency,
    verdict
from judged
