-- The days' revenue in real is the value of all items, and their orders are all orders; gives both where they are not.
with counted as (

    select sum(revenue) as revenue, sum(order_count) as orders
    from {{ ref('daily_revenue') }}
    where currency = 'BRL'

),

expected as (

    select
        (select sum(price + freight) from {{ source('sales', 'order_items') }}) as revenue,
        (select count(*) from {{ source('sales', 'orders') }}) as orders

)

select counted.*, expected.*
from counted
cross join expected
where counted.revenue <> expected.revenue or counted.orders <> expected.orders
