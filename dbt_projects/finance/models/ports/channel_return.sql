with channels as (

    select * from {{ source('marketing', 'channel_performance') }}

),

leads as (

    select * from {{ source('marketing', 'leads') }}

),

orders as (

    select * from {{ source('sales', 'orders') }}

),

order_items as (

    select * from {{ source('sales', 'order_items') }}

),

-- A commission is earned when the goods are delivered, on what was ordered since the deal was won.
earned as (

    select
        leads.channel,
        sum(order_items.price) as delivered_revenue
    from leads
    inner join order_items on leads.seller_id = order_items.seller_id
    inner join orders on order_items.order_id = orders.order_id
    where orders.status = 'delivered' and orders.purchased_at >= leads.won_at
    group by leads.channel

),

rated as (

    select
        channels.channel,
        channels.lead_count,
        channels.deal_count,
        cast(coalesce(earned.delivered_revenue, 0) as decimal(14, 2)) as delivered_revenue,
        cast({{ var('commission_rate') }} as decimal(5, 4)) as commission_rate
    from channels
    left join earned on channels.channel = earned.channel

)

select
    channel,
    lead_count,
    deal_count,
    delivered_revenue,
    commission_rate,
    cast(round(delivered_revenue * commission_rate, 2) as decimal(14, 2)) as commission,
    cast(round(delivered_revenue * commission_rate / lead_count, 2) as decimal(14, 2)) as commission_per_lead,
    'BRL' as currency
from rated
