with people as (

    select * from {{ source('sales', 'customers') }}

),

orders as (

    select * from {{ source('sales', 'orders') }}

),

order_items as (

    select * from {{ source('sales', 'order_items') }}

),

order_values as (

    select
        order_id,
        sum(price + freight) as order_value
    from order_items
    group by order_id

),

buyers as (

    select
        orders.customer_unique_id,
        count(*) as order_count,
        max(orders.purchased_at) as last_ordered_at,
        coalesce(sum(order_values.order_value), 0) as spent
    from orders
    left join order_values on orders.order_id = order_values.order_id
    group by orders.customer_unique_id

),

newest_order as (

    select max(last_ordered_at) as ordered_at from buyers

),

-- Fifths of the buyers. The customer_unique_id settles ties, so that the same orders always give the same scores.
-- Frequency is no fifth: nearly everybody ordered once, and which of them ended up in which fifth would be chance.
scored as (

    select
        buyers.*,
        cast(newest_order.ordered_at as date) - cast(buyers.last_ordered_at as date) as recency_days,
        ntile(5) over (order by buyers.last_ordered_at, buyers.customer_unique_id) as recency_score,
        least(buyers.order_count, 5) as frequency_score,
        ntile(5) over (order by buyers.spent, buyers.customer_unique_id) as monetary_score
    from buyers
    cross join newest_order

),

segmented as (

    select
        people.customer_unique_id,
        scored.* exclude (customer_unique_id),
        case
            when scored.order_count is null then 'no known order'
            when scored.order_count > 1 and scored.recency_score >= 4 then 'loyal'
            when scored.order_count > 1 then 'lapsed'
            when scored.recency_score >= 4 and scored.monetary_score >= 4 then 'promising'
            when scored.recency_score >= 4 then 'new'
            when scored.monetary_score >= 4 then 'at risk'
            else 'dormant'
        end as segment
    from people
    left join scored on people.customer_unique_id = scored.customer_unique_id

)

select
    customer_unique_id,
    last_ordered_at,
    cast(recency_days as integer) as recency_days,
    coalesce(order_count, 0) as order_count,
    cast(coalesce(spent, 0) as decimal(12, 2)) as spent,
    'BRL' as currency,
    cast(recency_score as integer) as recency_score,
    cast(frequency_score as integer) as frequency_score,
    cast(monetary_score as integer) as monetary_score,
    segment
from segmented
