with leads as (

    select * from {{ ref('leads') }}

),

orders as (

    select * from {{ source('sales', 'orders') }}

),

order_items as (

    select * from {{ source('sales', 'order_items') }}

),

channels as (

    select
        channel,
        count(*) as lead_count,
        count(*) filter (where is_won) as deal_count
    from leads
    group by channel

),

-- What a seller sold before the deal was won, the channel did not bring.
brought as (

    select
        leads.channel,
        count(distinct order_items.seller_id) as selling_seller_count,
        count(distinct order_items.order_id) as order_count,
        sum(order_items.price) as item_revenue
    from leads
    inner join order_items on leads.seller_id = order_items.seller_id
    inner join orders on order_items.order_id = orders.order_id
    where orders.purchased_at >= leads.won_at
    group by leads.channel

),

performance as (

    select
        channels.*,
        channels.deal_count / channels.lead_count as conversion,
        coalesce(brought.selling_seller_count, 0) as selling_seller_count,
        coalesce(brought.order_count, 0) as order_count,
        coalesce(brought.item_revenue, 0) as item_revenue
    from channels
    left join brought on channels.channel = brought.channel

)

select
    channel,
    lead_count,
    deal_count,
    cast(round(conversion, 4) as decimal(5, 4)) as conversion,
    selling_seller_count,
    order_count,
    cast(item_revenue as decimal(14, 2)) as item_revenue,
    'BRL' as currency
from performance
